// The API reference: every entry of every published package, as Markdown that VitePress renders with the other pages.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Converter, ReflectionKind } from 'typedoc';

const LIBRARIES = new URL('../libs/', import.meta.url);

/** Import specifiers of the published entries, by the paths of their sources. */
const ENTRIES = new Map(readdirSync(LIBRARIES).flatMap(entriesOf));

/** @type {import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions} */
export default {
  plugin: ['typedoc-plugin-markdown', nameModules],
  entryPoints: [...ENTRIES.keys()],
  tsconfig: fileURLToPath(new URL('session/tsconfig.build.json', LIBRARIES)),
  out: fileURLToPath(new URL('api', import.meta.url)),
  excludeInternal: true,
  excludePrivate: true,
  // Express' own interfaces, which `nestjs-redis-session/express` extends.
  excludeExternals: true,
  // The source is in the repository, which has no address that a page without network could link to.
  disableSources: true,
  readme: 'none',
  name: 'API reference',
  // Types that the public ones mention are described where they are used.
  validation: { notExported: false, invalidLink: true, invalidPath: true, notDocumented: false },
  treatWarningsAsErrors: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  propertiesFormat: 'table',
  interfacePropertiesFormat: 'list',
  expandObjects: true,
  entryFileName: 'index',
  logLevel: 'Warn',
};

/** Returns the sources and the import specifiers of what a package exports. */
function entriesOf(folder) {
  const root = new URL(`${folder}/`, LIBRARIES);
  const manifest = new URL('package.json', root);
  if (!existsSync(manifest)) return [];
  const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.entries(exports)
    .filter(([, entry]) => entry.import !== undefined)
    .map(([path, { import: built }]) => [sourceOf(root, built.default), `${name}${path.slice(1)}`]);
}

function sourceOf(root, built) {
  const source = built.replace(/^\.\/dist\/(?:esm\/)?(.*)\.js$/, './src/$1.ts');
  return fileURLToPath(new URL(source, root));
}

/** Gives each module the specifier that imports it, where TypeDoc takes the name of the file. */
function nameModules({ converter }) {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const [file] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    reflection.name = ENTRIES.get(file?.getSourceFile().fileName) ?? reflection.name;
  });
}
