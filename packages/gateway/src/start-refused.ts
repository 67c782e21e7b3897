/** The configuration is sound, but this machine, this address, these keys or the command line will not do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
