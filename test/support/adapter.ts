// A debug adapter under test: an adapter session in this process behind a socket, and the client of debugadapter-testsupport
// on the other side.

import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DebugHost, LoadedRun } from '../../src/debug/host';
import { loadRun } from '../../src/debug/load';
import { HptDebugSession } from '../../src/debug/session';
import { nodeDecompressors } from '../../src/platform/node/decoders';
import { nodeFiles } from '../../src/platform/node/files';

/** What the host of a session under test was told. */
export interface Told {
  loaded: LoadedRun | undefined;
  readonly moves: { readonly moment: number; readonly reason: string }[];
  ended: number;
}

/** A host over Node's files. `texts` stand in for files by path. */
export function nodeHost(
  texts: ReadonlyMap<string, string> = new Map(),
  more: Partial<DebugHost> = {},
): { host: DebugHost; told: Told } {
  const told: Told = { loaded: undefined, moves: [], ended: 0 };
  const host: DebugHost = {
    load: (program, control) => {
      const text = texts.get(program);
      const disk = nodeFiles(dirname(program));
      const files =
        text === undefined ? disk : { ...disk, read: () => Promise.resolve(new TextEncoder().encode(text)) };
      const pathOf = (name: string) => (name === basename(program) ? program : `${dirname(program)}/${name}`);
      return loadRun(basename(program), { files, decompressors: nodeDecompressors, pathOf }, control);
    },
    readText: (path) => Promise.resolve(texts.get(path) ?? readFileSync(path, 'utf8')),
    onLoaded: (loaded) => {
      told.loaded = loaded;
    },
    onMoved: (run, reason) => told.moves.push({ moment: run.position, reason }),
    onEnded: () => {
      told.ended++;
    },
    ...more,
  };
  return { host, told };
}

/** One variable as text, its children below it. */
export type Shown = readonly string[];

/** A client and the session behind it. */
export class Adapter {
  readonly client = new DebugClient('node', '', 'hpt');
  readonly outputs: DebugProtocol.OutputEvent['body'][] = [];
  private server: Server | undefined;

  private constructor(readonly told: Told) {}

  static async start(texts: ReadonlyMap<string, string> = new Map(), more: Partial<DebugHost> = {}): Promise<Adapter> {
    const { host, told } = nodeHost(texts, more);
    const adapter = new Adapter(told);
    const server = createServer((socket) => {
      const session = new HptDebugSession(host);
      session.setRunAsServer(true);
      session.start(socket, socket);
    });
    adapter.server = server;
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    adapter.client.on('output', (event: DebugProtocol.OutputEvent) => adapter.outputs.push(event.body));
    await adapter.client.start((server.address() as AddressInfo).port);
    return adapter;
  }

  async stop(): Promise<void> {
    await this.client.stop();
    await new Promise((closed) => this.server?.close(closed));
  }

  /** Initializes, launches, sets breakpoints with `configure` and waits for the first stop. */
  async launch(
    program: string,
    args: Readonly<Record<string, unknown>> = {},
    configure: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<DebugProtocol.StoppedEvent['body']> {
    await this.client.initializeRequest();
    const stopped = this.stopped();
    const configured = this.client.waitForEvent('initialized').then(async () => {
      await configure();
      await this.client.configurationDoneRequest();
    });
    await Promise.all([
      this.client.launchRequest({ program, ...args } as DebugProtocol.LaunchRequestArguments),
      configured,
    ]);
    return stopped;
  }

  async stopped(): Promise<DebugProtocol.StoppedEvent['body']> {
    return (await this.client.waitForEvent('stopped')).body as DebugProtocol.StoppedEvent['body'];
  }

  /** Sends a request that moves the run and waits until it stopped again. */
  async move(command: string, args: object = {}): Promise<DebugProtocol.StoppedEvent['body']> {
    const stopped = this.stopped();
    await this.client.customRequest(command, { threadId: 1, ...args });
    return stopped;
  }

  async state(): Promise<{
    moment: number;
    length: number;
    line: number;
    step?: string;
    events: string[];
    actor: string;
    statement: string;
  }> {
    return (await this.client.customRequest('hpt/state')).body;
  }

  async stack(): Promise<DebugProtocol.StackFrame[]> {
    const { threads } = (await this.client.threadsRequest()).body;
    const { actor } = await this.state();
    const thread = threads.find(({ name }) => name === actor);
    if (thread === undefined) throw new Error(`no thread ${actor}`);
    return (await this.client.stackTraceRequest({ threadId: thread.id })).body.stackFrames;
  }

  /** "file:line name" of the innermost frame. */
  async top(): Promise<string> {
    const [frame] = await this.stack();
    return frame === undefined ? '' : `${frame.source?.path?.split('/').pop()}:${frame.line} ${frame.name}`;
  }

  async scopes(): Promise<DebugProtocol.Scope[]> {
    const [frame] = await this.stack();
    return (await this.client.scopesRequest({ frameId: frame?.id ?? 0 })).body.scopes;
  }

  /** Variables of a scope, down to `depth` levels, two spaces a level. */
  async variables(scope: string, depth = 1): Promise<string[]> {
    const found = (await this.scopes()).find(({ name }) => name === scope);
    if (found === undefined) return [];
    return this.below(found.variablesReference, depth);
  }

  private async below(variablesReference: number, depth: number): Promise<string[]> {
    const { variables } = (await this.client.variablesRequest({ variablesReference })).body;
    const lines: string[] = [];
    for (const { name, value, variablesReference: children } of variables) {
      lines.push(`${name}: ${value}`);
      if (depth > 1 && children > 0) lines.push(...(await this.below(children, depth - 1)).map((line) => `  ${line}`));
    }
    return lines;
  }

  async evaluate(expression: string, context = 'repl'): Promise<string> {
    return (await this.client.evaluateRequest({ expression, context })).body.result;
  }
}
