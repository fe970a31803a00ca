/** An ESLint plugin that checks pages, comments, messages and test titles against docs/style.md. */
import { commentsOnly } from './comments-only.mjs';
import { BEGINNINGS, FUNCTION_BEGINNINGS, PHRASES, TITLES } from './patterns.mjs';
import { comments, docComment, message, paragraph } from './texts.mjs';

/** Reports each match of the patterns in a text. */
function check(context, patterns, { text, start }) {
  for (const { name, find, instead } of patterns) {
    for (const match of text.matchAll(new RegExp(find.source.replaceAll(' ', '\\s+'), `${find.flags}g`))) {
      const [found] = match;
      const at = start + match.index + found.search(/\S/);
      const loc = {
        start: context.sourceCode.getLocFromIndex(at),
        end: context.sourceCode.getLocFromIndex(start + match.index + found.length),
      };
      const shown = found.trim().split(/\s+/).slice(0, 6).join(' ');
      context.report({ loc, message: '"{{shown}}" ({{name}}): {{instead}}', data: { shown, name, instead } });
    }
  }
}

const rule = (description, create) => ({
  meta: { type: 'suggestion', schema: [], docs: { description } },
  create,
});

// A string of one word is an identifier, an option or a key.
const isSentence = (node) => typeof node.value === 'string' && /\S\s+\S/.test(node.value);
const isModule = ({ parent }) => /^(?:Import|Export)/.test(parent.type);

const phrases = rule('Disallow phrases that docs/style.md replaces', (context) => {
  const { sourceCode } = context;
  const page = (node) => check(context, PHRASES, paragraph(node, sourceCode));
  const string = (node) => {
    if (isSentence(node) && !isModule(node)) check(context, PHRASES, message(node, sourceCode));
  };
  return {
    Program: () => comments(sourceCode).forEach((text) => check(context, PHRASES, text)),
    Literal: string,
    JSXText: string,
    TemplateLiteral: (node) => check(context, PHRASES, message(node, sourceCode)),
    heading: page,
    paragraph: page,
    tableCell: page,
  };
});

const FUNCTIONS = [
  'FunctionDeclaration',
  'TSDeclareFunction',
  'MethodDefinition[kind="method"]',
  'TSAbstractMethodDefinition[kind="method"]',
  'TSMethodSignature[kind="method"]',
  'Property[method=true]',
  'VariableDeclaration[declarations.0.init.type="ArrowFunctionExpression"]',
  'PropertyDefinition[value.type="ArrowFunctionExpression"]',
];

const isDoc = (comment) => comment.type === 'Block' && comment.value.startsWith('*');

const docComments = rule('Require verbs and noun phrases at the beginning of doc comments', (context) => {
  const { sourceCode } = context;
  const ofFunction = (node) => {
    const outer = node.parent?.type.startsWith('Export') ? node.parent : node;
    const doc = sourceCode.getCommentsBefore(outer).at(-1);
    if (doc && isDoc(doc)) check(context, FUNCTION_BEGINNINGS, docComment(doc, sourceCode));
  };
  return {
    Program() {
      for (const doc of sourceCode.getAllComments().filter(isDoc)) {
        check(context, BEGINNINGS, docComment(doc, sourceCode));
      }
    },
    [FUNCTIONS.join(', ')]: ofFunction,
  };
});

/** Recognizes the functions that take a title: `it(…)`, `test.only(…)`, `it.each(…)(…)`. */
function isTest(callee) {
  if (callee.type === 'Identifier') return callee.name === 'it' || callee.name === 'test';
  if (callee.type === 'MemberExpression') return isTest(callee.object);
  return callee.type === 'CallExpression' && isTest(callee.callee);
}

const testTitles = rule('Require a subject or a verb at the beginning of test titles', (context) => ({
  CallExpression({ callee, arguments: [title] }) {
    if (!isTest(callee) || (title?.type !== 'Literal' && title?.type !== 'TemplateLiteral')) return;
    // `it.each(…)('%s')`: the rows of the table hold the titles.
    if (/^\W*(?:%[sj]|\$\w+)\W*$/.test(context.sourceCode.getText(title))) return;
    check(context, TITLES, message(title, context.sourceCode));
  },
}));

export default {
  meta: { name: 'prose' },
  rules: { phrases, 'doc-comments': docComments, 'test-titles': testTitles },
  processors: { 'comments-only': commentsOnly },
};
