/** Words of the scalar plane: what there is once in a machine. */
/** owner of the current table */
export const hpt = 0;
export const seq = 1;
export const count = 2;
export const mmioUpdate = 3;
export const mmuReady = 4;
export const vcpusRunning = 5;
export const modInterest = 6;
export const vrmaSlbV = 7;
export const nextPfn = 8;
export const gupRefs = 9;
/** resize request: 0 none, 1 pending, 2 done, 3 failed */
export const resizeState = 11;
export const resizeOrder = 12;
export const resizeHpt = 13;
export const resizeError = 14;
/** cancelled or queued work items that have not run yet */
export const workQueued = 15;
/** replay: what is known of HPTEs that nothing was learnt of, as a word of the known plane */
export const knownBackground = 16;
/** replay: 1 while the R and C of the last dump hold, because nothing has happened since */
export const rcFresh = 17;
