// Writes widths.rs: `npm install anafanafo@2 && node generate.mjs > widths.rs`.
//
// anafanafo (MIT) holds the advance widths that a browser measured for the
// fonts shields' badges are set in. A measured width is a fact and no part of
// a font. Only blocks that a label is likely to use are taken; the rest is
// covered by rules in metrics.rs.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.cwd(), 'x.js'))
const fonts = [
  ['VERDANA_11', 'verdana-11px-normal'],
  ['VERDANA_10', 'verdana-10px-normal'],
  ['VERDANA_10_BOLD', 'verdana-10px-bold'],
  ['HELVETICA_11_BOLD', 'helvetica-11px-bold'],
]
const blocks = [
  [0x0020, 0x007e, 'ASCII'],
  [0x00a0, 0x017f, 'Latin-1, Latin Extended-A'],
  [0x0191, 0x0192, 'florin'],
  [0x01cd, 0x01dc, 'Pinyin vowels'],
  [0x0218, 0x021b, 'Romanian'],
  [0x02bb, 0x02dd, 'spacing accents'],
  [0x0386, 0x03ce, 'Greek'],
  [0x0400, 0x04ff, 'Cyrillic'],
  [0x1e80, 0x1e85, 'Welsh'],
  [0x1ea0, 0x1ef9, 'Vietnamese'],
  [0x2010, 0x203a, 'punctuation'],
  [0x20a0, 0x20b5, 'currency'],
  [0x2116, 0x2126, 'letterlike'],
  [0x2190, 0x2199, 'arrows'],
  [0x2202, 0x2265, 'mathematics'],
  [0x25a0, 0x25ff, 'shapes'],
  [0x2600, 0x266f, 'symbols'],
  [0x2713, 0x2718, 'ticks and crosses'],
]

const out = []
const size = blocks.reduce((n, [first, last]) => n + last - first + 1, 0)
out.push(
  '//! Advance widths in hundredths of a pixel. Made by generate.mjs; not edited by hand.',
  '//!',
  '//! Source: the tables of anafanafo 2.0.0 (MIT), measured with the fonts that',
  '//! shields sets its badges in. 0xffff: not measured.',
  '#![cfg_attr(rustfmt, rustfmt_skip)]',
  '',
  '/// First and last code point of each block, and where it starts in a table.',
  `pub const BLOCKS: [(u32, u32, usize); ${blocks.length}] = [`,
)
let offset = 0
for (const [first, last, name] of blocks) {
  out.push(`    (0x${first.toString(16).padStart(4, '0')}, 0x${last.toString(16).padStart(4, '0')}, ${offset}), // ${name}`)
  offset += last - first + 1
}
out.push('];')
for (const [name, file] of fonts) {
  const width = new Map()
  for (const [first, last, px] of load(`anafanafo/data/${file}.json`))
    for (let c = first; c <= last; c++) width.set(c, Math.round(px * 100))
  const all = blocks.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => width.get(first + i) ?? 0xffff))
  out.push('', `pub static ${name}: [u16; ${size}] = [`)
  let line = '   '
  for (const w of all) {
    if (line.length + String(w).length + 2 > 108) { out.push(line); line = '   ' }
    line += ` ${w},`
  }
  out.push(line, '];')
}
console.log(out.join('\n'))
