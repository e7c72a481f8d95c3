// A run under debugging: where its statements, steps and kernel functions are, the breakpoints in force, and moving to another
// moment. No protocol here: the session translates.

import { PATHS, type Path } from '../model/listing';
import type { Run } from '../timeline/run';
import { atOnce } from '../timeline/slices';
import { inTurns, type Turn, turns } from './breath';
import type { Scope } from './evaluate';
import { type Followed, type Trail, trailOf } from './follow';
import type { LoadedRun } from './host';
import { type LiveEdge, LivePages } from './live';
import type { Direction } from './moments';
import { SourceFiles, type Sources } from './sources';
import { type Actor, Actors } from './stack';
import { type Preset, type Search, stepAlong, stepInto, stepOut, stepOver } from './stepping';
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
  /** the end of a live trace has been reached, and what comes is waited for */
  atEdge?(): void;
}

/** Candidates of a step that are looked at between turns. */
const TRIES = 256;

/** Statements of a run whose actors are all met at once; those of a longer one are met by and by. */
const FEW = 20_000;

export class Debuggee {
  readonly run: Run;
  readonly labels: ReadonlyMap<string, number>;
  readonly path: string;
  readonly actors: Actors;
  readonly stops: Stops;
  readonly sources: Sources;
  stepping: Preset = 'table';
  private trail: Trail | undefined;
  private pausing = false;
  private walking = false;
  private visited: number[] = [];
  private visitedAt = -1;
  private readonly told = new Set<number>();

  /** @param sources of the run, when they have been read already */
  constructor(
    loaded: LoadedRun,
    private readonly listener: Listener,
    sources: Sources = atOnce(SourceFiles.reading(loaded.run, loaded.path)),
    private readonly edge?: LiveEdge,
  ) {
    this.run = loaded.run;
    this.labels = loaded.labels;
    this.path = loaded.path;
    this.actors = new Actors(loaded.run);
    this.stops = new Stops(loaded.run);
    this.sources = sources;
    if (loaded.run.statements.length <= FEW) atOnce(this.actors.meet());
    this.run.seek(0);
  }

  /** The same for a run of any length, in turns. */
  static async open(loaded: LoadedRun, listener: Listener): Promise<Debuggee> {
    const sources = await inTurns(SourceFiles.reading(loaded.run, loaded.path), turns());
    return new Debuggee(loaded, listener, sources);
  }

  /** The same for a live trace. */
  static live(loaded: LoadedRun, listener: Listener, edge: LiveEdge): Debuggee {
    return new Debuggee(loaded, listener, new LivePages(loaded.run, loaded.path), edge);
  }

  get position(): number {
    return this.run.position;
  }

  get actor(): Actor {
    return this.actors.at(this.run.position);
  }

  scope(event?: Scope['event'], number?: number): Scope {
    return {
      run: this.run,
      labels: this.labels,
      actor: this.actor.name,
      ...(event === undefined ? {} : { event }),
      ...(number === undefined ? {} : { number }),
    };
  }

  /** Kernel paths that the run goes through. */
  pathsUsed(): readonly Path[] {
    return PATHS.filter(({ id, lines }) => lines.some((_, step) => this.run.doesStep((id << 6) | step)));
  }

  /** What is followed, in words; undefined when nothing is. */
  get following(): string | undefined {
    return this.trail?.description;
  }

  /** The moments that were stopped at, in order, and which of them is the current one. */
  get visits(): { readonly moments: readonly number[]; readonly at: number } {
    return { moments: this.visited, at: this.visitedAt };
  }

  /**
   * Follows something: steps over stop only where it has a part; undefined ends that.
   * @returns what is followed, in words. Rejects with an Error with a sentence when the run has no such thing
   */
  async follow(asked: Followed | undefined): Promise<string | undefined> {
    if (asked === undefined) {
      this.trail = undefined;
      return undefined;
    }
    const trail = await inTurns(trailOf(this.run, this.actors, this.labels, asked), turns());
    if (trail === undefined) return undefined;
    if (typeof trail === 'string') throw new Error(trail);
    this.trail = trail;
    return trail.description;
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  pause(): boolean {
    this.pausing = this.walking;
    if (this.walking) this.edge?.wake();
    return this.walking;
  }

  stepInto(direction: Direction): Promise<Stop> {
    return this.walk((turn) => this.walkTo(stepInto(this.run, this.position, direction), direction, 'step', turn));
  }

  stepOver(direction: Direction): Promise<Stop> {
    const { run, position, stepping, trail } = this;
    return this.step(
      direction,
      trail === undefined ? stepOver(run, position, direction, stepping) : stepAlong(run, direction, stepping, trail),
    );
  }

  stepOut(direction: Direction): Promise<Stop> {
    return this.step(direction, stepOut(this.run, this.position, direction));
  }

  /** To the next breakpoint, or the end; `here`: the current moment may be one. */
  continue(direction: Direction, here = false): Promise<Stop> {
    return this.walk(async (turn) => {
      const stop = await this.walkTo(-1, direction, 'step', turn, here);
      return stop.reason === 'end' && this.edge !== undefined ? this.waitAtEdge(stop, this.edge, turn) : stop;
    });
  }

  /** At the end of a live trace: goes on through what comes, until something stops there or the trace ends. */
  private async waitAtEdge(reached: Stop, edge: LiveEdge, turn: Turn): Promise<Stop> {
    const { visited, visitedAt } = this;
    let stop = reached;
    while (stop.reason === 'end' && edge.grows) {
      // the moments that are only waited at are no stops
      this.visited = visited;
      this.visitedAt = visitedAt;
      this.listener.atEdge?.();
      await edge.more(() => this.pausing);
      if (this.pausing) return this.paused();
      this.grow();
      stop = await this.walkTo(-1, 1, 'step', turn);
    }
    return stop;
  }

  /** Takes what has come of a live trace into what is known of the run. */
  private grow(): void {
    if (this.edge?.take() !== true) return;
    this.stops.grow();
    this.actors.grow();
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

  /** Does one walk; pause() ends it. */
  private async walk(go: (turn: Turn) => Promise<Stop>): Promise<Stop> {
    this.walking = true;
    this.pausing = false;
    this.grow();
    try {
      return await go(turns(() => this.pausing));
    } finally {
      this.walking = false;
    }
  }

  private paused(): Stop {
    this.visit();
    return { reason: 'pause', hits: [] };
  }

  private step(direction: Direction, search: Search): Promise<Stop> {
    return this.walk(async (turn) => {
      let target = search.next(this.position);
      for (let tries = 1; target >= 0 && !search.wanted(target); tries++) {
        target = search.next(target);
        if (tries % TRIES === 0 && !(await turn())) return this.paused();
      }
      return this.walkTo(target, direction, 'step', turn);
    });
  }

  /** Goes to a moment (-1: to the end of the run in that direction) unless a breakpoint stops on the way. */
  private async walkTo(target: number, direction: Direction, reason: 'step', turn: Turn, here = false): Promise<Stop> {
    const { run, stops } = this;
    const end = target >= 0 ? target : direction === 1 ? run.length - 1 : 0;
    const prepared = await inTurns(stops.prepare(this.asked), turn);
    if (prepared === undefined) return this.paused();
    for (let from = here ? this.position - direction : this.position; ; ) {
      const next = stops.nextCandidate(from, direction);
      if (next < 0 || (direction === 1 ? next > end : next < end)) {
        run.seek(end);
        this.visit();
        return { reason: target >= 0 ? reason : direction === 1 ? 'end' : 'start', hits: [] };
      }
      run.seek(next);
      const hits = stops.at(next, this.asked);
      if (hits.length > 0) {
        this.visit();
        return { reason: 'breakpoint', hits };
      }
      from = next;
      if (!(await turn())) return this.paused();
    }
  }

  private readonly asked: Walk = {
    scope: (event, number) => this.scope(event, number),
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
