// Lets Jest import a Lua script as its text, as the build does.
export default { process: (source) => ({ code: `export default ${JSON.stringify(source)};` }) };
