// A run under debugging: where its statements, steps and kernel functions are, the breakpoints in force, and moving to another
// moment. No protocol here: the session translates.

import type { EventName } from '../model/events';
import { PATHS, type Path } from '../model/listing';
import type { Run } from '../timeline/run';
import type { Scope } from './evaluate';
import type { LoadedRun } from './host';
import { SourceFiles } from './sources';
import { type Actor, Actors } from './stack';
import { type Direction, type Preset, stepInto, stepOut, stepOver } from './stepping';
import { type Hit, Stops, type Walk } from './stops';

/** Why the run stands where it stands. */
export interface Stop {
  readonly reason: 'entry' | 'step' | 'breakpoint' | 'goto' | 'pause' | 'end' | 'start' | 'restart';
  readonly hits: readonly Hit[];
}

/** What the debuggee tells while it moves. */
export interface Listener {
  log(text: string, moment: number): void;
  trouble(text: string): void;
}

/** How long a walk may go on before it lets others work, in milliseconds. */
const BREATH = 20;

export class Debuggee {
  readonly run: Run;
  readonly labels: ReadonlyMap<string, number>;
  readonly path: string;
  readonly actors: Actors;
  readonly stops: Stops;
  readonly sources: SourceFiles;
  stepping: Preset = 'table';
  private pausing = false;
  private walking = false;
  private byStep: Map<number, number[]> | undefined;
  private visited: number[] = [];
  private visitedAt = -1;
  private readonly told = new Set<number>();

  constructor(
    loaded: LoadedRun,
    private readonly listener: Listener,
  ) {
    this.run = loaded.run;
    this.labels = loaded.labels;
    this.path = loaded.path;
    this.actors = new Actors(loaded.run);
    this.stops = new Stops(loaded.run);
    this.sources = new SourceFiles(loaded.run, loaded.path);
    this.run.seek(0);
  }

  get position(): number {
    return this.run.position;
  }

  get actor(): Actor {
    return this.actors.at(this.run.position);
  }

  scope(event?: Scope['event']): Scope {
    return { run: this.run, labels: this.labels, actor: this.actor.name, ...(event === undefined ? {} : { event }) };
  }

  // ---- where things are ---------------------------------------------------------------------------------------------

  /** Moments that carry out a step of a listing. */
  momentsOfStep(path: Path, step: number): readonly number[] {
    if (this.byStep === undefined) {
      this.byStep = new Map();
      for (let m = 0; m < this.run.length; m++) {
        const id = this.run.stepAt(m);
        if (id < 0) continue;
        const known = this.byStep.get(id);
        if (known === undefined) this.byStep.set(id, [m]);
        else known.push(m);
      }
    }
    return this.byStep.get((path.id << 6) | step) ?? [];
  }

  /** First moments of every activation of some paths. */
  momentsOfPaths(paths: readonly Path[]): number[] {
    const wanted = new Set(paths);
    const moments: number[] = [];
    for (let m = 0; m < this.run.length; m++) {
      if (this.run.frameId(m) < 0 || this.run.frameId(m) === (m === 0 ? -1 : this.run.frameId(m - 1))) continue;
      if (this.run.frames(m).some(({ frame, path }) => frame.entry === m && frame.path === path && wanted.has(path)))
        moments.push(m);
    }
    return moments;
  }

  /** Moments that raise an event of a kind. */
  momentsOfEvents(kind: EventName): number[] {
    const moments: number[] = [];
    for (let i = 0; i < this.run.eventCount; i++) {
      const moment = this.run.eventMomentOf(i);
      if (this.run.eventName(i) === kind && moments[moments.length - 1] !== moment) moments.push(moment);
    }
    return moments;
  }

  /** Kernel paths that the run goes through. */
  pathsUsed(): readonly Path[] {
    const used = new Set<number>();
    for (let m = 0; m < this.run.length; m++) if (this.run.stepAt(m) >= 0) used.add(this.run.stepAt(m) >>> 6);
    return PATHS.filter(({ id }) => used.has(id));
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  pause(): boolean {
    this.pausing = this.walking;
    return this.walking;
  }

  stepInto(direction: Direction): Promise<Stop> {
    return this.walkTo(stepInto(this.run, this.position, direction), direction, 'step');
  }

  stepOver(direction: Direction): Promise<Stop> {
    return this.walkTo(stepOver(this.run, this.position, direction, this.stepping), direction, 'step');
  }

  stepOut(direction: Direction): Promise<Stop> {
    return this.walkTo(stepOut(this.run, this.position, direction), direction, 'step');
  }

  /** To the next breakpoint, or the end; `here`: the current moment may be one. */
  continue(direction: Direction, here = false): Promise<Stop> {
    return this.walkTo(-1, direction, 'step', here);
  }

  /** Stands at a moment, wherever the breakpoints are. */
  goTo(moment: number, reason: Stop['reason'] = 'goto'): Stop {
    this.run.seek(moment);
    this.visit();
    return { reason, hits: [] };
  }

  /** Back and forward through the moments that were stopped at. */
  revisit(direction: Direction): Stop | undefined {
    const moment = this.visited[this.visitedAt + direction];
    if (moment === undefined) return undefined;
    this.visitedAt += direction;
    this.run.seek(moment);
    return { reason: 'goto', hits: [] };
  }

  private visit(): void {
    if (this.visited[this.visitedAt] === this.position) return;
    this.visited = [...this.visited.slice(Math.max(0, this.visitedAt - 999), this.visitedAt + 1), this.position];
    this.visitedAt = this.visited.length - 1;
  }

  /** Goes to a moment (-1: to the end of the run in that direction) unless a breakpoint stops on the way. */
  private async walkTo(target: number, direction: Direction, reason: 'step', here = false): Promise<Stop> {
    const { run } = this;
    const end = target >= 0 ? target : direction === 1 ? run.length - 1 : 0;
    this.walking = true;
    this.pausing = false;
    let breath = performance.now();
    try {
      for (let from = here ? this.position - direction : this.position; ; ) {
        const next = this.stops.nextCandidate(from, direction);
        if (next < 0 || (direction === 1 ? next > end : next < end)) {
          run.seek(end);
          this.visit();
          return { reason: target >= 0 ? reason : direction === 1 ? 'end' : 'start', hits: [] };
        }
        run.seek(next);
        const hits = this.stops.at(next, this.walk);
        if (hits.length > 0) {
          this.visit();
          return { reason: 'breakpoint', hits };
        }
        from = next;
        if (performance.now() - breath < BREATH) continue;
        await new Promise<void>((resume) => setTimeout(resume, 0));
        if (this.pausing) {
          this.visit();
          return { reason: 'pause', hits: [] };
        }
        breath = performance.now();
      }
    } finally {
      this.walking = false;
    }
  }

  private readonly walk: Walk = {
    scope: (event) => this.scope(event),
    log: (text) => this.listener.log(text, this.position),
    trouble: (breakpoint, error) => {
      if (this.told.has(breakpoint.id)) return;
      this.told.add(breakpoint.id);
      this.listener.trouble(
        `The condition of a breakpoint could not be worked out, it did not stop: ${error.message}.`,
      );
    },
  };
}
