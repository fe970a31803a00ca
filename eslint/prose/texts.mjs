/**
 * A piece of prose, cut from a file: what is no prose is blanked, so that positions stay those of the file.
 *
 * @typedef {object} Text
 * @property {string} text
 * @property {number} start Offset in the file.
 */

/** @param {string} text */
const blank = (text) => text.replaceAll(/[^\n]/g, ' ');
/** Stands in for code within a sentence: one long word. @param {string} text */
const word = (text) => text.replaceAll(/[^\n]/g, 'X');

/** Blanks the code of a comment: examples, links, `code` and the asterisks or slashes of its lines. @param {string} comment */
function commentProse(comment) {
  return comment
    .replace(/^\/\*+|\*+\/$/g, blank)
    .replaceAll(/^[ \t]*(?:\*|\/\/+)/gm, blank)
    .replaceAll(/@example\b[^]*?(?=\n\s*@|$)/g, blank)
    .replaceAll(/```[^]*?```/g, blank)
    .replaceAll(/`[^`]*`/g, word)
    .replaceAll(/\{@link[^}]*\}/g, word)
    .replaceAll(/(?<=@\w+ )\{[^}]*\}/g, blank);
}

/** Returns the comments of a script; lines of `//` that follow each other are one comment. @returns {Text[]} */
export function comments(sourceCode) {
  const groups = [];
  for (const comment of sourceCode.getAllComments()) {
    const last = groups.at(-1);
    const goesOn =
      last?.type === 'Line' &&
      comment.type === 'Line' &&
      comment.loc.start.line === last.line + 1 &&
      !sourceCode.text.slice(last.end, comment.range[0]).trim();
    if (goesOn) Object.assign(last, { end: comment.range[1], line: comment.loc.end.line });
    else
      groups.push({
        type: comment.type,
        start: comment.range[0],
        end: comment.range[1],
        line: comment.loc.end.line,
      });
  }
  return groups.map(({ start, end }) => ({ text: commentProse(sourceCode.text.slice(start, end)), start }));
}

/** Returns the prose of one doc comment. @returns {Text} */
export function docComment(comment, sourceCode) {
  const [start, end] = comment.range;
  return { text: commentProse(sourceCode.text.slice(start, end)), start };
}

/** Returns a string, template or piece of JSX as prose; `${…}` counts as a word. @returns {Text} */
export function message(node, sourceCode) {
  const [start, end] = node.range;
  let text = sourceCode.text.slice(start, end);
  if (node.type === 'TemplateLiteral') {
    for (const { range } of node.expressions) {
      const [from, to] = [range[0] - start - 2, range[1] - start + 1];
      text = text.slice(0, from) + word(text.slice(from, to)) + text.slice(to);
    }
  }
  if (node.type !== 'JSXText') text = text.replace(/^['"`]/, ' ').replace(/['"`]$/, ' ');
  return { text: text.replaceAll(/`[^`]*`/g, word), start };
}

/** Returns a paragraph, heading or table cell of a page, without code, addresses and HTML. @returns {Text} */
export function paragraph(node, sourceCode) {
  const start = node.position.start.offset;
  let text = blank(sourceCode.text.slice(start, node.position.end.offset));
  const put = (child, show) => {
    const [from, to] = [child.position.start.offset, child.position.end.offset];
    text = text.slice(0, from - start) + show(sourceCode.text.slice(from, to)) + text.slice(to - start);
  };
  const visit = (child) => {
    if (child.type === 'text') put(child, (shown) => shown);
    else if (child.type === 'inlineCode') put(child, word);
    else child.children?.forEach(visit);
  };
  visit(node);
  return { text, start };
}
