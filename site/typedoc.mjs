// The options of TypeDoc: the API reference covers every entry of every published package.
import { existsSync, globSync, readFileSync } from 'node:fs';
