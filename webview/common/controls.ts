// The controls of all webviews, from @vscode/webview-ui-toolkit. The toolkit is archived upstream (1.4.0 is its last
// version): this is the only module that imports it, so that a later switch touches this file alone.
//
// Tried under our policy (default-src 'none'; script-src 'nonce-…'; style-src cspSource 'nonce-…'; Chromium 150):
//
// * vscode-button, -checkbox, -dropdown, -option, -text-field, -text-area, -link, -divider, -radio, -progress-ring,
//   -panels and -data-grid live under it. Their styles are adopted style sheets, which the policy allows, and the
//   `new Function("return this")` in fast-element is the last resort of its search for globalThis: it is never reached.
// * fast-foundation tries `:focus-visible` by adding a <style> element. It takes the nonce from
//   <meta property="csp-nonce">; without that it reports "Applying inline style violates the following Content Security
//   Policy directive 'style-src …'" (style-src-elem) and falls back to `:focus`, so a click would draw focus rings.
// * vscode-badge and vscode-tag have a `style` attribute in their template: "Applying inline style violates the
//   following Content Security Policy directive 'style-src …' … hashes do not apply to event handlers, style attributes
//   …" (style-src-attr). They cannot live under a policy without 'unsafe-inline': use a plain element of class `badge`.

import {
  type Button,
  type Checkbox,
  provideVSCodeDesignSystem,
  type TextField,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

export type { Button, Checkbox, TextField };

/** Makes the controls known to the page. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeTextField());
}

/** A button; with an icon it shows only that, and the text is its name and tooltip. */
export function button(text: string, act: () => void, icon?: string): Button {
  const made = document.createElement('vscode-button') as Button;
  if (icon) {
    made.setAttribute('aria-label', text); // first: without a name the control calls itself "Icon Button"
  }
  made.appearance = icon ? 'icon' : 'secondary';
  if (icon) {
    const glyph = element('span', `codicon codicon-${icon}`);
    glyph.setAttribute('aria-hidden', 'true');
    made.append(glyph);
    made.title = text;
  } else {
    made.textContent = text;
  }
  made.addEventListener('click', act);
  return made;
}

/** A check box with its label's content. */
export function checkbox(label: readonly (Node | string)[], checked: boolean, act: (on: boolean) => void): Checkbox {
  const made = document.createElement('vscode-checkbox') as Checkbox;
  made.checked = checked;
  made.append(...label);
  made.addEventListener('change', () => act(made.checked));
  return made;
}

/** A one-line text field; `act` gets its text at Enter. Only a screen reader hears its name (common.css). */
export function textField(name: string, placeholder: string, act: (text: string) => void): TextField {
  const made = document.createElement('vscode-text-field') as TextField;
  made.placeholder = placeholder;
  made.textContent = name; // what the control is named by: it sets its aria-label anew when it is put into the page
  made.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      act(made.value);
    }
  });
  return made;
}

/** A plain element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...content);
  return made;
}
