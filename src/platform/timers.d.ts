// Timers and the clock that every host has (Node, browser, worker) and that the ES2022 library does not declare.

declare function setTimeout(call: () => void, milliseconds: number): unknown;
declare function setInterval(call: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: ReturnType<typeof setTimeout> | undefined): void;
declare function clearInterval(timer: ReturnType<typeof setInterval> | undefined): void;
declare const performance: { now(): number };
