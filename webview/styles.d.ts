// Style sheets are imported by their webview's main.ts: esbuild puts them into the NAME.css beside NAME.js.

declare module '*.css';
