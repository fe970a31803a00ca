import type { ESLint } from 'eslint';

/** The ESLint plugin that checks pages, comments, messages and test titles against docs/style.md. */
declare const prose: ESLint.Plugin;
export default prose;
