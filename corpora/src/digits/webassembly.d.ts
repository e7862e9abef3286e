/** What is used of WebAssembly: TypeScript declares it with the browser's globals only. */
declare namespace WebAssembly {
  function compile(bytes: Uint8Array): Promise<object>
  function instantiate(module: object, imports: object): Promise<object>
}
