// The ids of everything that package.json contributes, in one place, so that a misspelt id does not compile.
// test/unit/manifest.test.ts holds this file and package.json against each other.

/** The debug type of scenarios and traces. */
export const debugType = 'hpt';

/** Language ids. */
export const languages = {
  scenario: 'hpt-scenario',
  trace: 'hpt-trace',
  htab: 'hpt-htab',
  listing: 'hpt-listing',
} as const;

/** Views of the side bar. */
export const views = {
  machine: 'hptscope.machine',
  memslots: 'hptscope.memslots',
  rmapChains: 'hptscope.rmapChains',
  events: 'hptscope.events',
  moments: 'hptscope.moments',
  eventBreakpoints: 'hptscope.eventBreakpoints',
} as const;

/** Webview panels, which VS Code restores by these names. */
export const panels = {
  heatmap: 'hptscope.heatmap',
} as const;

/** Editors of binary files: those that open by name, and any *.dat that a person reopens with it. */
export const customEditors = {
  binaryFile: 'hptscope.binaryFile',
  datFile: 'hptscope.datFile',
} as const;

/** Commands. */
export const commands = {
  reverseStepOver: 'hptscope.reverseStepOver',
  reverseStepOut: 'hptscope.reverseStepOut',
  visitedBack: 'hptscope.visitedBack',
  visitedForward: 'hptscope.visitedForward',
  setStepping: 'hptscope.setStepping',
  follow: 'hptscope.follow',
  unfollow: 'hptscope.unfollow',
  toggleEventBreakpoint: 'hptscope.toggleEventBreakpoint',
  editEventBreakpoint: 'hptscope.editEventBreakpoint',
  clearEventBreakpoints: 'hptscope.clearEventBreakpoints',
  showHeatmap: 'hptscope.showHeatmap',
  showInHeatmap: 'hptscope.showInHeatmap',
  goTo: 'hptscope.goTo',
  why: 'hptscope.why',
  decode: 'hptscope.decode',
  addBookmark: 'hptscope.addBookmark',
  editBookmark: 'hptscope.editBookmark',
  removeBookmark: 'hptscope.removeBookmark',
  goToLogLine: 'hptscope.goToLogLine',
  copyText: 'hptscope.copyText',
  goToMoment: 'hptscope.goToMoment',
  openRun: 'hptscope.openRun',
  debugAssuming: 'hptscope.debugAssuming',
  convertTrace: 'hptscope.convertTrace',
  createRecording: 'hptscope.createRecording',
  followTrace: 'hptscope.followTrace',
  reproduce: 'hptscope.reproduce',
  saveRun: 'hptscope.saveRun',
  debugFile: 'hptscope.debugFile',
  runScenario: 'hptscope.runScenario',
  filterEvents: 'hptscope.filterEvents',
  showEventTime: 'hptscope.showEventTime',
  showEventDelta: 'hptscope.showEventDelta',
  sortChainsByLength: 'hptscope.sortChainsByLength',
  sortChainsByChange: 'hptscope.sortChainsByChange',
} as const;

/** The Test Explorer's controller. */
export const testController = 'hptscope.scenarios';

/** Context keys of `when` clauses, and keys of what is kept with the workspace. */
export const contexts = {
  eventBreakpoints: 'hptscope.eventBreakpoints.kept',
  bookmarks: 'hptscope.bookmarks',
  stepping: 'hptscope.stepping',
  /** the kind of the open run (`Run.kind`); nothing without one */
  runOpen: 'hptscope.runOpen',
  chainOrder: 'hptscope.chainOrder',
  eventColumn: 'hptscope.eventColumn',
  eventKinds: 'hptscope.eventKinds',
} as const;

/** Items of the status bar. */
export const statusItems = { stepping: 'hptscope.status.stepping', following: 'hptscope.status.following' } as const;

/** Theme colours: those that the manifest contributes, and two of VS Code's own. */
export const colors = {
  valid: 'hptscope.valid',
  absent: 'hptscope.absent',
  mmio: 'hptscope.mmio',
  bolted: 'hptscope.bolted',
  unknown: 'hptscope.unknown',
  changed: 'hptscope.changed',
  warning: 'list.warningForeground',
  current: 'debugIcon.continueForeground',
} as const;

/** The scheme of URIs that carry no file but a mark (FileDecoration). */
export const decorations = { scheme: 'hptscope-mark' } as const;

/** Settings, with their full names. */
export const settings = {} as const;
