// Entry of the extension where VS Code runs it in a browser's web worker. Node's modules do not exist here.

export { activate } from './activate';
