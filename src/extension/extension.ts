// Entry of the extension where VS Code runs it on Node (desktop, remote).

export { activate } from './activate';
