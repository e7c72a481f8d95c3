// Entry of the web worker (dist/worker.web.js): it has no files, and asks for their bytes.

import type { ToWorker } from '../workerMessages';
import { WorkerSide } from '../workerSide';
import { browserDecompressors } from './decoders';
import { browserFiles } from './files';

declare const self: DedicatedWorkerGlobalScope;

const side = new WorkerSide({
  post: (message, transfer) => self.postMessage(message, [...transfer]),
  decompressors: browserDecompressors,
  askedFiles: browserFiles,
});
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => side.take(data));
