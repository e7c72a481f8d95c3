// Where the keys go when VS Code focuses a webview: it focuses the page as a whole, and then no part of it hears a key.

/**
 * Lets an element take the keys whenever the page gets them and no other part of it has them.
 * @returns does the same at once: for when the element has just come into sight
 */
export function takeKeys(element: { focus(): void }): () => void {
  const take = () => {
    if (document.hasFocus() && document.activeElement === document.body) {
      element.focus();
    }
  };
  window.addEventListener('focus', take);
  return take;
}
