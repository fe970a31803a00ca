import markdown from '@eslint/markdown';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import prose from '../../eslint/prose/index.mjs';
import {
  BEGINNINGS,
  FUNCTION_BEGINNINGS,
  PHRASES,
  type Pattern,
  TITLES,
} from '../../eslint/prose/patterns.mjs';

const RULES = {
  'prose/phrases': 'error',
  'prose/doc-comments': 'error',
  'prose/test-titles': 'error',
} as const;
const CONFIG: Linter.Config[] = [
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    plugins: { prose },
    rules: RULES,
  },
  {
    files: ['**/*.md'],
    plugins: { markdown, prose },
    language: 'markdown/gfm',
    rules: { 'prose/phrases': 'error' },
  },
  {
    files: ['**/*.{lua,css,yml}'],
    plugins: { prose },
    processor: 'prose/comments-only',
    rules: { 'prose/phrases': 'error' },
  },
];
const linter = new Linter({ configType: 'flat' });

/** Returns the findings in a file, and fails if the file cannot be parsed. */
function lint(code: string, filename = 'file.ts'): Linter.LintMessage[] {
  const found = linter.verify(code, CONFIG, { filename });
  expect(found.filter(({ fatal }) => fatal)).toEqual([]);
  return found;
}

/** Returns the names of the patterns that are found in a file. */
function names(code: string, filename?: string): (string | undefined)[] {
  return lint(code, filename).map(({ message }) => /" \((.+?)\): /.exec(message)?.[1]);
}

/** Runs the examples of patterns, each put into a file by `embed`. */
function holds(patterns: readonly Pattern[], embed: (sentence: string) => string, filename?: string): void {
  test.each([...patterns])('reports $name in its example', ({ name, now }) => {
    expect(names(embed(now), filename)).toContain(name);
  });

  const sound = patterns.flatMap(({ then, allowed = [] }) => [then, ...allowed]);
  test.each(sound)('accepts %j', (sentence) => {
    expect(names(embed(sentence), filename)).toEqual([]);
  });
}

describe('phrases in a line comment', () => holds(PHRASES, (sentence) => `// ${sentence}\n`));
describe('phrases in a block comment', () => holds(PHRASES, (sentence) => `/*\n * ${sentence}\n */`));
describe('phrases in a message', () => holds(PHRASES, (sentence) => `fail(${JSON.stringify(sentence)});`));
describe('phrases in a template', () => holds(PHRASES, (sentence) => `fail(\`\${name}: ${sentence}\`);`));
describe('phrases in JSX', () =>
  holds(PHRASES, (sentence) => `const page = <p>${sentence}</p>;`, 'page.tsx'));
describe('phrases in a paragraph of a page', () =>
  holds(PHRASES, (sentence) => `# Page\n\n${sentence}\n`, 'page.md'));
describe('phrases in a heading', () => holds(PHRASES, (sentence) => `# ${sentence}\n`, 'page.md'));
describe('phrases in a table', () =>
  holds(PHRASES, (sentence) => `| a | b |\n| - | - |\n| c | ${sentence} |\n`, 'page.md'));
describe('phrases in a comment of Lua', () =>
  holds(PHRASES, (sentence) => `local now = 1 -- ${sentence}\n`, 'script.lua'));
describe('phrases in the header of a Lua script', () =>
  holds(PHRASES, (sentence) => `--[[\nname: text\n\n${sentence}\n]]\nlocal now = 1\n`, 'script.lua'));
describe('phrases in a comment of YAML', () =>
  holds(PHRASES, (sentence) => `a: 1\n# ${sentence}\n`, 'file.yml'));
describe('phrases in a comment of CSS', () =>
  holds(PHRASES, (sentence) => `a {\n  /* ${sentence} */\n  color: red;\n}\n`, 'file.css'));

describe('beginnings of doc comments', () => {
  holds(BEGINNINGS, (sentence) => `interface Options {\n  /** ${sentence} */\n  shared: boolean;\n}`);
  holds(FUNCTION_BEGINNINGS, (sentence) => `/** ${sentence} */\nexport function f() {}`);
});

describe('beginnings of the doc comments of methods', () =>
  holds(FUNCTION_BEGINNINGS, (sentence) => `class A {\n  /** ${sentence} */\n  method() {}\n}`));
describe('beginnings of the doc comments of arrow functions', () =>
  holds(FUNCTION_BEGINNINGS, (sentence) => `/** ${sentence} */\nconst f = () => null;`));
describe('titles of tests', () => {
  holds(TITLES, (sentence) => `it('${sentence}', () => {});`);
  holds(TITLES, (sentence) => `test.each([1])('${sentence}', () => {});`);
});

describe('text that is no prose', () => {
  test.each([
    ['code in a comment', '// Returns `nobody`.'],
    [
      'an example in a doc comment',
      '/**\n * Adds a user.\n * @example\n * add("nobody is told");\n */\nfunction f() {}',
    ],
    ['a string of one word', "const user = 'nobody';"],
    ['an expression in a template', 'const text = `user ${nobody} signed in`;'],
    ['a name', 'const nobody = tell(news);'],
    [
      'the comment of a property that holds no question',
      'interface A {\n  /** Number of users. */\n  users: number;\n}',
    ],
  ])('skips %s', (_what, code) => {
    expect(names(code)).toEqual([]);
  });

  test.each([
    ['code', 'Returns `nobody`.'],
    ['a block of code', '```ts\nconst nobody = 1;\n```'],
    ['an address', '[the page](https://example.com/nobody "title")'],
    ['a comment', '<!-- nobody -->'],
  ])('skips %s in a page', (_what, code) => {
    expect(names(code, 'page.md')).toEqual([]);
  });
});

describe('a finding', () => {
  it('reports the line and column of the phrase in a script', () => {
    const [found] = lint('/**\n * Returns users.\n * It is told.\n */\nfunction f() {}');
    expect(found).toMatchObject({ line: 3, column: 10, endColumn: 14 });
  });

  it('reports the line and column of the phrase in a page', () => {
    const [found] = lint('# Page\n\nSome **bold** text and `code` for nobody.\n', 'page.md');
    expect(found).toMatchObject({ line: 3, column: 35, endColumn: 41 });
  });

  it('matches across lines of one comment and across emphasis', () => {
    expect(names('// The server is closed for\n// good.')).toEqual(['"good" for valid']);
    expect(names('It is **for** good.', 'page.md')).toEqual(['"good" for valid']);
  });
});
