// What @vscode/debugadapter takes from Node's url module, for the browser build.

export const URL = globalThis.URL;
