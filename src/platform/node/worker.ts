// Entry of the worker thread on Node (dist/worker.js): reads the disk itself.

import { parentPort } from 'node:worker_threads';
import { fileAccess, wholeFiles } from '../files';
import type { ToWorker } from '../workerMessages';
import { WorkerSide } from '../workerSide';
import { nodeDecoders, nodeDecompressors } from './decoders';
import { nodeFiles } from './files';
import { Tail } from './tail';

const port = parentPort;
if (port === null) throw new Error('dist/worker.js is started as a worker thread, not by itself');

const side = new WorkerSide({
  post: (message, transfer) => port.postMessage(message, transfer),
  decompressors: nodeDecompressors,
  diskFiles: nodeFiles,
  openTail: (path, take, say) => new Tail(path, take, say),
  askedFiles: (read) => fileAccess(wholeFiles(read), nodeDecoders),
});
port.on('message', (message: ToWorker) => side.take(message));
