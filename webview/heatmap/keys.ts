// The map's keys. docs/webviews.md lists them for people.

export type KeyAction =
  /** Cells to the right and down. */
  | { kind: 'move'; right: number; down: number }
  | { kind: 'page'; pages: number }
  /** The first (-1) or last (1) cell of the row. */
  | { kind: 'rowEnd'; to: -1 | 1 }
  | { kind: 'tableEnd'; to: -1 | 1 }
  | { kind: 'zoom'; factor: number }
  | { kind: 'fit' }
  | { kind: 'zoomToCursor' }
  | { kind: 'reveal' }
  | { kind: 'other'; name: 'goTo' | 'nextEntry' | 'previousEntry' | 'nextChanged' };

/** One step of zoom. */
export const zoomStep = 1.4;

/** What a key does; undefined when it is none of the map's. */
export function keyAction({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): KeyAction | undefined {
  if (altKey || metaKey) {
    return undefined;
  }
  if (ctrlKey) {
    switch (key) {
      case 'Home':
        return { kind: 'tableEnd', to: -1 };
      case 'End':
        return { kind: 'tableEnd', to: 1 };
      default:
        return undefined;
    }
  }
  switch (key) {
    case 'ArrowLeft':
      return { kind: 'move', right: -1, down: 0 };
    case 'ArrowRight':
      return { kind: 'move', right: 1, down: 0 };
    case 'ArrowUp':
      return { kind: 'move', right: 0, down: -1 };
    case 'ArrowDown':
      return { kind: 'move', right: 0, down: 1 };
    case 'PageUp':
      return { kind: 'page', pages: -1 };
    case 'PageDown':
      return { kind: 'page', pages: 1 };
    case 'Home':
      return { kind: 'rowEnd', to: -1 };
    case 'End':
      return { kind: 'rowEnd', to: 1 };
    case '+':
    case '=':
      return { kind: 'zoom', factor: zoomStep };
    case '-':
      return { kind: 'zoom', factor: 1 / zoomStep };
    case '0':
    case 'f':
      return { kind: 'fit' };
    case 'z':
      return { kind: 'zoomToCursor' };
    case 'Enter':
      return { kind: 'reveal' };
    case 'g':
      return { kind: 'other', name: 'goTo' };
    case 'n':
      return { kind: 'other', name: 'nextEntry' };
    case 'p':
    case 'N':
      return { kind: 'other', name: 'previousEntry' };
    case 'c':
      return { kind: 'other', name: 'nextChanged' };
    default:
      return undefined;
  }
}
