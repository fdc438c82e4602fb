/**
 * How deep a YAML or JSON text nests in brackets and in the indicators of one line, before it is read: the reader calls itself
 * for each level, and with thousands of them it ends the process instead of throwing. Levels made by indentation alone are not
 * counted: a thousand of them take half a megabyte.
 */
import { CST, Lexer } from 'yaml';
import { bounds } from '../machines/limits.ts';

/** The next token is the text of a scalar, whatever it looks like. */
const scalarMark = '\u001f';

/** True past `bounds.textLevelsMax` brackets, or indicators of one line, inside each other. */
export function isTooDeep(text: string): boolean {
  let brackets = 0;
  let indicators = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    const type = isScalar ? 'scalar' : CST.tokenType(token);
    isScalar = token === scalarMark && !isScalar;
    if (type === 'flow-map-start' || type === 'flow-seq-start') brackets += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end')
      brackets = Math.max(0, brackets - 1);
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') indicators += 1;
    else if (type === 'newline') indicators = 0;
    if (brackets + indicators > bounds.textLevelsMax) return true;
  }
  return false;
}

export const tooDeep = `it nests deeper than ${bounds.textLevelsMax} levels; nothing that is declared needs more than ten`;
