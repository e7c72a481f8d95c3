// The formatter, by example.

import assert from 'node:assert/strict';
import { formatScenario } from '../../../src/scenario/formatter';

describe('scenario formatter', () => {
  it('puts one space between words, indents by two and aligns arrows and comments of neighbours', () => {
    const text = [
      '',
      'repeat   2   # twice',
      '      load  a->a   valid ,b absent # first',
      '      swap-out gpa  0x10000 -> hpte.absent x2#second',
      '        -> ring( a ) = empty',
      '',
      '',
      '# stays',
      'load ea 0xC000+pass*4K',
    ].join('\n');
    assert.equal(
      formatScenario(text),
      [
        'repeat 2                                      # twice',
        '  load a                -> a valid, b absent  # first',
        '  swap-out gpa 0x10000  -> hpte.absent x2     #second',
        '    -> ring(a) empty',
        '',
        '# stays',
        'load ea 0xC000+pass*4K',
        '',
      ].join('\n'),
    );
  });

  it('leaves the text of a line with a mistake as it is', () => {
    assert.equal(formatScenario('  lod   a   #x\nload   b'), 'lod   a  #x\nload b\n');
  });

  it('formats an empty text to an empty line', () => {
    assert.equal(formatScenario('\n\n'), '\n');
  });
});
