// Debugging a live trace: its run grows while it is looked at. "Continue" at its end waits for what comes, and its events stand in
// pages of a text of their own, because the file itself may be one that an editor must not open (reading trace_pipe takes events away).

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Run } from '../timeline/run';
import { type PlacedFile, presentedText, type Sources, samePath } from './sources';

/** Milliseconds between two looks at what has come: views are painted that often at most. */
const BEAT = 250;

/** The end of a run that grows. */
export class LiveEdge {
  private news = false;
  private over = false;
  private waking: (() => void) | undefined;
  private looked = 0;

  /** The run has grown. */
  grown(): void {
    this.news = true;
    this.wake();
  }

  /** It will not grow any more. */
  end(): void {
    this.over = true;
    this.wake();
  }

  /** Whether it may still grow. */
  get grows(): boolean {
    return !this.over;
  }

  /** Takes note of what has come. @returns whether the run has grown since the last time */
  take(): boolean {
    const { news } = this;
    this.news = false;
    return news;
  }

  /** Ends the waiting. */
  wake(): void {
    this.waking?.();
  }

  /**
   * Waits until more has come, until the end or `wake`, and no less than a beat from the last time.
   * @param interrupted looked at whenever the waiting may end
   */
  async more(interrupted: () => boolean): Promise<void> {
    while (!this.news && !this.over && !interrupted()) await this.sleep();
    const rest = () => this.looked + BEAT - performance.now();
    while (rest() > 0 && !this.over && !interrupted()) {
      const timer = setTimeout(() => this.wake(), rest());
      await this.sleep();
      clearTimeout(timer);
    }
    this.looked = performance.now();
  }

  private sleep(): Promise<void> {
    return new Promise((resume) => {
      this.waking = () => {
        this.waking = undefined;
        resume();
      };
    });
  }
}

/** Events on a page. */
const PAGE = 1000;
/** References of pages begin here: above those of listings and presented files. */
const FIRST_PAGE = 1_000_000_000;

/** A page as it was when it was asked for; a later one of the same number may hold more. */
class LivePage implements PlacedFile {
  constructor(
    private readonly run: Run,
    readonly path: string,
    readonly reference: number,
    /** number of its first statement, and how many it has */
    readonly first: number,
    readonly count: number,
  ) {}

  momentsOn(line: number): number[] {
    return line < 0 || line >= this.count ? [] : [this.run.momentOfSource(this.first + line)];
  }

  lineFrom(line: number): number {
    return line < this.count ? Math.max(0, line) : -1;
  }

  *inOrder(): Generator<number> {
    for (let line = 0; line < this.count; line++) yield this.run.momentOfSource(this.first + line);
  }
}

/** The events of a live trace as pages of text, one line an event. */
export class LivePages implements Sources {
  private readonly pages: LivePage[] = [];
  /** the last version of each page, by its number */
  private readonly newest = new Map<number, LivePage>();

  constructor(
    private readonly run: Run,
    private readonly trace: string,
  ) {}

  get all(): LivePage[] {
    return [...this.newest.values()];
  }

  at(moment: number): { readonly file: LivePage; readonly line: number } {
    const statement = this.run.sourceNumber(moment);
    const file = this.page(Math.floor(statement / PAGE));
    return { file, line: statement - file.first };
  }

  private page(number: number): LivePage {
    const first = number * PAGE;
    const count = Math.min(PAGE, this.run.statements.length - first);
    const known = this.newest.get(number);
    if (known?.count === count) return known;
    const path = `${this.trace}.${first + 1}-${first + count}.trace.txt`;
    const page = new LivePage(this.run, path, FIRST_PAGE + this.pages.length, first, count);
    this.pages.push(page);
    this.newest.set(number, page);
    return page;
  }

  find({ path, sourceReference }: DebugProtocol.Source): LivePage | undefined {
    if (sourceReference !== undefined && sourceReference >= FIRST_PAGE) return this.pages[sourceReference - FIRST_PAGE];
    return path === undefined ? undefined : this.pages.find((page) => samePath(page.path, path));
  }

  source({ path, reference }: PlacedFile): DebugProtocol.Source {
    const name = path.split(/[/\\]/).pop() ?? path;
    return { name, path, ...(reference !== undefined && { sourceReference: reference }) };
  }

  text(page: PlacedFile): string {
    return presentedText(this.run, page);
  }
}
