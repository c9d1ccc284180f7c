/** The one function of Node that tests use; its whole types are not worth a dependency. */
declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>;
}
