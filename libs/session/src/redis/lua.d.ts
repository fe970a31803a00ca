/** A Lua script as text: the build puts it in place, Jest and Node read it through `test/support`. */
declare module '*.lua' {
  const source: string;
  export default source;
}
