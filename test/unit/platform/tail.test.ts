// Reading what grows: real files and FIFOs. Nothing waits for anybody: neither for a writer that has not come nor for bytes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tail } from '../../../src/platform/node/tail';

describe('reading what grows', () => {
  let folder = '';
  let path = '';
  let came = '';
  let said: string[] = [];
  let tail: Tail | undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    path = join(folder, `trace-${Math.random()}`);
    came = '';
    said = [];
  });
  afterEach(() => {
    tail?.close();
    tail = undefined;
  });

  function open(): Tail {
    tail = new Tail(
      path,
      (bytes) => {
        came += new TextDecoder().decode(bytes);
      },
      (text) => said.push(text),
    );
    return tail;
  }

  it('a file: takes what is there, and what is added', () => {
    writeFileSync(path, 'one\n');
    const it = open();
    assert.equal(it.drain(1000), false);
    assert.equal(came, 'one\n');
    assert.equal(it.drain(1000), false);
    appendFileSync(path, 'two\n');
    it.drain(1000);
    assert.equal(came, 'one\ntwo\n');
    assert.deepEqual(said, []);
  });

  it('takes about as much as it is told, and says that there may be more', () => {
    writeFileSync(path, 'x'.repeat(1 << 20));
    const it = open();
    assert.equal(it.drain(1), true);
    assert.equal(came.length, 1 << 18);
    while (it.drain(1));
    assert.equal(came.length, 1 << 20);
  });

  it('a file that is cut is told, and followed from its beginning', () => {
    writeFileSync(path, 'first and long\n');
    const it = open();
    it.drain(1000);
    truncateSync(path, 0);
    appendFileSync(path, 'short\n');
    assert.equal(it.drain(1000), true);
    it.drain(1000);
    assert.equal(came, 'first and long\nshort\n');
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /was cut to 6 bytes/);
  });

  it('a file that is replaced is read to its end, then the new one is followed', () => {
    writeFileSync(path, 'old\n');
    const it = open();
    it.drain(1000);
    appendFileSync(path, 'the last of it\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new\n');
    while (it.drain(1000));
    assert.equal(came, 'old\nthe last of it\nnew\n');
    assert.match(said.join(), /replaced by another file/);
  });

  it('a file that was removed is only read to its end', () => {
    writeFileSync(path, 'old\n');
    const it = open();
    rmSync(path);
    assert.equal(it.drain(1000), false);
    assert.equal(it.drain(1000), false);
    assert.equal(came, 'old\n');
  });

  it('a FIFO: opens without a writer, takes what writers give, one after the other', () => {
    execFileSync('mkfifo', [path]);
    const it = open();
    assert.equal(it.drain(1000), false);
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    assert.equal(it.drain(1000), false);
    writeSync(writer, 'one\n');
    it.drain(1000);
    assert.equal(came, 'one\n');
    closeSync(writer);
    assert.equal(it.drain(1000), false);
    const next = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(next, 'two\n');
    closeSync(next);
    it.drain(1000);
    assert.equal(came, 'one\ntwo\n');
    assert.deepEqual(said, []);
  });

  it('tells why something cannot be followed', () => {
    assert.throws(open, /cannot follow .*: there is no such file/);
    path = folder;
    assert.throws(open, /cannot follow .*: it is a folder/);
  });
});
