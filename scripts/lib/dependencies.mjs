// Makes sure that node_modules is what package-lock.json says, on a bare clone too. Uses nothing from node_modules.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run.mjs';
import { Explained, root, timed } from './say.mjs';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage */

/** Refuses a Node that is too old, in words. */
function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new Explained(`HPT Scope needs Node 20 or later; this is Node ${process.versions.node}.`);
  }
}

/** @param {string} file @returns {Record<string, LockedPackage>} the packages of a lock file by their place */
function packagesOf(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

/** npm writes node_modules/.package-lock.json as an install's last act: what it lists is there, and whole. */
function isInstalled() {
  const installedFile = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, installedFile))) {
    return false;
  }
  const installed = packagesOf(installedFile);
  return Object.entries(packagesOf('package-lock.json')).every(
    ([place, { version, optional }]) => place === '' || optional || installed[place]?.version === version,
  );
}

/** Runs `npm ci` when packages are missing, were left half-installed, or do not fit the lock file. */
export async function ensureDependencies() {
  checkNode();
  if (!isInstalled()) {
    await timed('Installing packages (npm ci)', () => runNpm(['ci', '--ignore-scripts'], { quiet: true }));
  }
}
