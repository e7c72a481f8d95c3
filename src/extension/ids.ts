// The ids of everything that package.json contributes, in one place, so that a misspelt id does not compile.
// test/unit/manifest.test.ts holds this file and package.json against each other.

/** The debug type of scenarios and traces. */
export const debugType = 'hpt';

/** Language ids. */
export const languages = {
  scenario: 'hpt-scenario',
  trace: 'hpt-trace',
  htab: 'hpt-htab',
} as const;

/** Views of the side bar. */
export const views = {
  machine: 'hptscope.machine',
  memslots: 'hptscope.memslots',
  rmapChains: 'hptscope.rmapChains',
  events: 'hptscope.events',
} as const;

/** Webview panels, which VS Code restores by these names. */
export const panels = {
  heatmap: 'hptscope.heatmap',
} as const;

/** Commands. */
export const commands = {
  showHeatmap: 'hptscope.showHeatmap',
} as const;

/** Settings, with their full names. */
export const settings = {} as const;
