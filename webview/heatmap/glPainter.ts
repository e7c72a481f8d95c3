// Paints the cells by WebGL2. The cell bytes and the pyramid live in textures of the graphics processor, of which only
// changed parts are sent again; a new theme or filter is a new palette and a new atlas, nothing else.

import { slotsPerPteg } from '../../src/protocol';
import type { Rgba } from '../common/theme';
import { blockColumns, blockRows } from './arrangement';
import { type Cells, categories } from './cells';
import { faintest, levelFor, type Painter, type Scene } from './painter';
import { Atlas, atlasColumns, atlasRows, emphasis, flatColours, hatch, type Palette } from './palette';

const vertexShader = `#version 300 es
void main() {
  // One triangle that covers the viewport.
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

const unknownAt = categories.indexOf('unknown');

/** Cell bytes lie in rows of this many. */
const bytesAcross = 4096;

const header = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform vec2 origin;
uniform float viewportHeight;
uniform ivec2 grid;
uniform vec3 background;
/** Period and width of a stripe, in pixels. */
uniform vec2 hatching;
out vec4 colour;

vec2 place() {
  return vec2(gl_FragCoord.x - 0.5, viewportHeight - gl_FragCoord.y - 0.5) + origin;
}

/** A colour; less than opaque marks something unknown, which is hatched. */
vec4 hatched(vec4 plain) {
  vec2 at = place();
  bool stripe = plain.a < 0.999 && mod(floor(at.x) + floor(at.y), hatching.x) < hatching.y;
  return vec4(stripe ? mix(plain.rgb, background, ${hatch.fading}) : plain.rgb, 1.0);
}
`;

const fetchByte = `
uniform usampler2D bytes;
int cellByte(int index) {
  return int(texelFetch(bytes, ivec2(index & ${bytesAcross - 1}, index / ${bytesAcross}), 0).r);
}
`;

const cellsShader = `${header}${fetchByte}
uniform sampler2D atlas;
uniform ivec2 cell;
uniform ivec2 pitch;
uniform int gapY;
void main() {
  ivec2 at = ivec2(floor(place()));
  ivec2 block = ivec2(floor(vec2(at) / vec2(pitch)));
  ivec2 within = at - block * pitch - ivec2(0, gapY);
  colour = vec4(background, 1.0);
  if (any(lessThan(block, ivec2(0))) || any(greaterThanEqual(block, grid)) || within.y < 0
      || within.x >= cell.x * ${blockColumns}) {
    return;
  }
  ivec2 slot = within / cell;
  int value = cellByte((block.y * grid.x + block.x) * ${slotsPerPteg} + slot.y * ${blockColumns} + slot.x);
  ivec2 picture = ivec2(value & ${atlasColumns - 1}, value / ${atlasColumns});
  colour = hatched(texelFetch(atlas, picture * cell + within - slot * cell, 0));
}`;

/** Each pixel is the mean of the up to four texels (of at least a pixel) that it covers. */
const sampleFourTexels = `
uniform vec2 texel;
uniform ivec2 texels;
void main() {
  vec2 start = place() / texel;
  vec2 first = floor(start);
  if (any(lessThan(first, vec2(0))) || any(greaterThanEqual(first, vec2(texels)))) {
    colour = vec4(background, 1.0);
    return;
  }
  ivec2 a = ivec2(first);
  ivec2 b = min(a + 1, texels - 1);
  vec2 share = min((first + 1.0 - start) * texel, 1.0);
  vec4 upper = mix(resolve(ivec2(b.x, a.y)), resolve(a), share.x);
  if (share.y < 1.0) {
    upper = mix(mix(resolve(b), resolve(ivec2(a.x, b.y)), share.x), upper, share.y);
  }
  colour = hatched(upper);
}`;

const flatShader = `${header}${fetchByte}
uniform sampler2D palette;
vec4 resolve(ivec2 at) {
  int block = (at.y / ${blockRows}) * grid.x + at.x / ${blockColumns};
  int slot = (at.y % ${blockRows}) * ${blockColumns} + at.x % ${blockColumns};
  return texelFetch(palette, ivec2(cellByte(block * ${slotsPerPteg} + slot), 0), 0);
}
${sampleFourTexels}`;

const groupsShader = `${header}
uniform usampler2D groups;
uniform vec4 weighted[${categories.length}];
vec4 resolve(ivec2 at) {
  uint counts = texelFetch(groups, at, 0).r;
  vec3 free = weighted[0].rgb;
  vec4 sum = vec4(0);
  float count = 0.0;
  for (int category = 1; category < ${categories.length}; category++) {
    float here = float((counts >> (4 * category)) & 15u);
    float w = here * weighted[category].a;
    sum += vec4(weighted[category].rgb, 1.0) * w;
    count += w > 0.0 ? here : 0.0;
  }
  if (sum.a == 0.0) {
    return vec4(free, 1.0);
  }
  float over = min(1.0, ${faintest} + ${1 - faintest} * count / ${slotsPerPteg}.0);
  float unknown = weighted[${unknownAt}].a * float((counts >> ${4 * unknownAt}) & 15u);
  return vec4(mix(free, sum.rgb / sum.a, over), unknown * 2.0 > ${slotsPerPteg}.0 ? 0.99 : 1.0);
}
${sampleFourTexels}`;

/** The uniforms' places by name. */
type Uniforms = (name: string) => WebGLUniformLocation | null;

interface Program {
  readonly program: WebGLProgram;
  readonly uniform: Uniforms;
}

export class GlPainter implements Painter {
  readonly kind = 'webgl2';
  private readonly programs: Record<'cells' | 'flat' | 'groups', Program>;
  private readonly bytes: WebGLTexture;
  private readonly paletteTexture: WebGLTexture;
  private readonly atlasTexture: WebGLTexture;
  private levels: WebGLTexture[] = [];
  private readonly atlas = new Atlas();
  private held: Cells | undefined;
  private paletteOf: Palette | undefined;

  private constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly gl: WebGL2RenderingContext,
  ) {
    this.programs = {
      cells: compile(gl, cellsShader),
      flat: compile(gl, flatShader),
      groups: compile(gl, groupsShader),
    };
    this.bytes = texture(gl);
    this.paletteTexture = texture(gl);
    this.atlasTexture = texture(gl);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  /**
   * A painter for a canvas, or undefined where WebGL2 is missing, too small for `cellCount` cells, or, unless
   * `evenInSoftware`, not driven by a graphics processor: the other painter is faster then.
   */
  static create(canvas: HTMLCanvasElement, cellCount: number, evenInSoftware = false): GlPainter | undefined {
    const gl = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      failIfMajorPerformanceCaveat: !evenInSoftware,
    });
    if (!gl || gl.getParameter(gl.MAX_TEXTURE_SIZE) < Math.max(bytesAcross, cellCount / bytesAcross)) {
      return undefined;
    }
    return new GlPainter(canvas, gl);
  }

  paint(scene: Scene): void {
    const { gl } = this;
    const { palette, placement } = scene;
    this.upload(scene.cells);
    this.usePalette(palette);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    const { detail } = placement.geometry;
    const { program, uniform } = this.programs[detail];
    gl.useProgram(program);
    gl.uniform2f(uniform('origin'), placement.originX, placement.originY);
    gl.uniform1f(uniform('viewportHeight'), this.canvas.height);
    gl.uniform2i(uniform('grid'), placement.grid.columns, placement.grid.rows);
    gl.uniform3f(uniform('background'), ...unit(palette.background));
    const ratio = window.devicePixelRatio;
    gl.uniform2f(uniform('hatching'), Math.round(hatch.period * ratio), hatch.stripe * ratio);
    switch (detail) {
      case 'cells':
        this.prepareCells(scene, uniform);
        break;
      case 'flat':
        this.prepareFlat(scene, uniform);
        break;
      case 'groups':
        this.prepareGroups(scene, uniform);
        break;
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private prepareCells({ placement, palette }: Scene, uniform: Uniforms): void {
    const { gl, atlas } = this;
    const { cellWidth, cellHeight, pitchX, pitchY, gapY } = placement.geometry;
    this.bind(0, this.bytes, uniform('bytes'));
    this.bind(1, this.atlasTexture, uniform('atlas'));
    if (atlas.prepare(palette, cellWidth, cellHeight)) {
      const pixels = new Uint8Array(atlas.pixels.buffer);
      const [width, height] = [atlasColumns * cellWidth, atlasRows * cellHeight];
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    }
    gl.uniform2i(uniform('cell'), cellWidth, cellHeight);
    gl.uniform2i(uniform('pitch'), pitchX, pitchY);
    gl.uniform1i(uniform('gapY'), gapY);
  }

  private prepareFlat({ placement }: Scene, uniform: Uniforms): void {
    const { gl } = this;
    const { grid, geometry } = placement;
    this.bind(0, this.bytes, uniform('bytes'));
    this.bind(1, this.paletteTexture, uniform('palette'));
    gl.uniform2f(uniform('texel'), geometry.cellWidth, geometry.cellHeight);
    gl.uniform2i(uniform('texels'), grid.columns * blockColumns, grid.rows * blockRows);
  }

  private prepareGroups({ cells, placement, palette }: Scene, uniform: Uniforms): void {
    const { gl } = this;
    const { k, level, width, height } = levelFor(cells, placement);
    const groups = this.levels[k];
    if (groups) {
      this.bind(0, groups, uniform('groups'));
    }
    gl.uniform2f(uniform('texel'), width, height);
    gl.uniform2i(uniform('texels'), level.columns, level.rows);
    const weighted = categories.flatMap((name, at) => {
      const shown = palette.shown[at];
      const colour = name === 'free' && !shown ? palette.hidden : palette.colours[name];
      return [...unit(colour), shown ? emphasis[name] : 0];
    });
    gl.uniform4fv(uniform('weighted'), weighted);
  }

  /** Sends what changed since the last picture. */
  private upload(cells: Cells): void {
    const dirty = cells.takeDirty();
    const fresh = this.held !== cells;
    this.held = cells;
    if (fresh || dirty.reshaped) {
      this.createLevels(cells);
    }
    if (fresh) {
      this.createBytes(cells);
    } else if (dirty.from < dirty.to) {
      this.updateBytes(cells, dirty.from, dirty.to);
      if (!dirty.reshaped) {
        this.updateLevels(cells, dirty.from, dirty.to);
      }
    }
  }

  private createBytes({ bytes }: Cells): void {
    const { gl } = this;
    this.bind(0, this.bytes);
    const across = Math.min(bytesAcross, bytes.length);
    const rows = bytes.length / across;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, across, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, bytes);
  }

  private updateBytes({ bytes }: Cells, from: number, to: number): void {
    const { gl } = this;
    this.bind(0, this.bytes);
    const across = Math.min(bytesAcross, bytes.length);
    const top = Math.floor(from / across);
    const rows = Math.ceil(to / across) - top;
    const part = bytes.subarray(top * across, (top + rows) * across);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, top, across, rows, gl.RED_INTEGER, gl.UNSIGNED_BYTE, part);
  }

  private createLevels({ levels }: Cells): void {
    const { gl } = this;
    for (const old of this.levels) {
      gl.deleteTexture(old);
    }
    this.levels = levels.map(({ columns, rows, texels }) => {
      const made = texture(gl);
      this.bind(0, made);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, columns, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, texels);
      return made;
    });
  }

  private updateLevels({ levels }: Cells, from: number, to: number): void {
    const { gl } = this;
    const columns = (levels[0]?.columns ?? 1) * slotsPerPteg;
    let top = Math.floor(from / columns);
    let bottom = Math.ceil(to / columns);
    for (const [k, level] of levels.entries()) {
      const held = this.levels[k];
      if (!held) {
        return;
      }
      this.bind(0, held);
      bottom = Math.min(bottom, level.rows);
      top = Math.min(top, bottom - 1);
      const part = level.texels.subarray(top * level.columns, bottom * level.columns);
      const rows = bottom - top;
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, top, level.columns, rows, gl.RED_INTEGER, gl.UNSIGNED_INT, part);
      if ((levels[k + 1]?.rows ?? level.rows) < level.rows) {
        top >>= 1;
        bottom = (bottom + 1) >> 1;
      }
    }
  }

  private usePalette(palette: Palette): void {
    if (this.paletteOf === palette) {
      return;
    }
    const { gl } = this;
    const pixels = new Uint8Array(flatColours(palette).buffer);
    this.bind(0, this.paletteTexture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    this.paletteOf = palette;
  }

  private bind(unitNumber: number, bound: WebGLTexture, location?: WebGLUniformLocation | null): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unitNumber);
    gl.bindTexture(gl.TEXTURE_2D, bound);
    if (location) {
      gl.uniform1i(location, unitNumber);
    }
  }
}

/** A colour as three numbers 0..1. */
function unit([red, green, blue]: Rgba): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}

function texture(gl: WebGL2RenderingContext): WebGLTexture {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return made;
}

function compile(gl: WebGL2RenderingContext, fragmentShader: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) {
      throw new Error('The graphics context is lost.');
    }
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  const locations = new Map<string, WebGLUniformLocation | null>();
  const uniform = (name: string) => {
    if (!locations.has(name)) {
      locations.set(name, gl.getUniformLocation(program, name));
    }
    return locations.get(name) ?? null;
  };
  return { program, uniform };
}
