// The world behind a machine that is only looked at: nothing is asked of it, so there is nothing in it.

import type { World } from '../model/world';

export class NoWorld implements World {
  pteFlags = 0;
  ptePfn = 0;
  pteShift = 0;
  findPte(): boolean {
    return false;
  }
  updatePte(): void {}
  getPage(): boolean {
    return false;
  }
  getPageFast(): boolean {
    return false;
  }
  pfnmap(): boolean {
    return false;
  }
  fixupPfnmap(): boolean {
    return false;
  }
  putPage(): void {}
  setPageDirty(): void {}
  hardwareRc(): void {}
}
