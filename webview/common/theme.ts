// Colours of the current theme: the --vscode-* variables that VS Code sets on the document element, read as numbers for
// canvases, and a signal when they change.

/** Red, green, blue, alpha; each 0..255. */
export type Rgba = readonly [number, number, number, number];

const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

/** The value of a --vscode-* variable as it is written, or what else to use when the theme does not set it. */
export function themeValue(name: string, otherwise: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--vscode-${name}`).trim() || otherwise;
}

/** A colour of the theme. */
export function themeColour(name: string, otherwise: string): Rgba {
  return parseColour(themeValue(name, otherwise));
}

const parsed = new Map<string, Rgba>();

/** Any CSS colour as numbers. */
export function parseColour(css: string): Rgba {
  const known = parsed.get(css) ?? paintedColour(css);
  parsed.set(css, known);
  return known;
}

/** A colour as the browser paints it. */
function paintedColour(css: string): Rgba {
  if (!probe) {
    return [128, 128, 128, 255];
  }
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = css;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 255] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha];
}

/** A colour as CSS text, with its alpha scaled. */
export function cssColour([red, green, blue, alpha]: Rgba, opacity = 1): string {
  return `rgb(${red} ${green} ${blue} / ${((alpha / 255) * opacity).toFixed(3)})`;
}

/** One colour over another, opaque. */
export function blend(over: Rgba, under: Rgba, opacity = 1): Rgba {
  const share = (over[3] / 255) * opacity;
  const mix = (a: number, b: number) => Math.round(a * share + b * (1 - share));
  return [mix(over[0], under[0]), mix(over[1], under[1]), mix(over[2], under[2]), 255];
}

/** Whether the theme is one of high contrast (VS Code marks the body). */
export function isHighContrast(): boolean {
  return document.body.classList.contains('vscode-high-contrast');
}

/** Calls back after each change of theme. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}
