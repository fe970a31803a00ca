/** A line with a comment, in the languages that ESLint does not read. */
const COMMENT = /^(?<code>.*?)(?<=^|\s)(?:--+|#+)(?!\[\[)\s(?<comment>.*)$/;
const LONG = /--\[\[(?<comment>[^]*?)\]\]/g;
const BLOCK = /\/\*[^]*?\*\//g;

const blank = (text) => text.replaceAll(/[^\n]/g, ' ');

/** Keeps the block comments of a style sheet and blanks the rest. @param {string} css */
function blockComments(css) {
  let script = '';
  let end = 0;
  for (const { 0: comment, index } of css.matchAll(BLOCK)) {
    script += blank(css.slice(end, index)) + comment;
    end = index + comment.length;
  }
  return script + blank(css.slice(end));
}

/** Turns the comments of Lua, YAML, a shell script or a Dockerfile into comments of JavaScript. @param {string} source */
function lineComments(source) {
  const short = source.replaceAll(LONG, (_all, comment) =>
    `--  ${comment}`.replaceAll(/\n(?=.*\S)/g, '\n-- '),
  );
  return short
    .split('\n')
    .map((line) => {
      const { code, comment } = COMMENT.exec(line)?.groups ?? {};
      return comment === undefined ? '' : `${blank(code)}// ${comment}`;
    })
    .join('\n');
}

/** An ESLint processor that passes on the comments of a file in another language, each on its own line. */
export const commentsOnly = {
  meta: { name: 'prose/comments-only' },
  preprocess: (text, filename) => [filename.endsWith('.css') ? blockComments(text) : lineComments(text)],
  postprocess: (messages) => messages.flat(),
};
