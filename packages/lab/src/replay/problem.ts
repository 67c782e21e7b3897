/** The replay cannot begin as it was asked for. The message is for the person who asked. */
export class ReplayProblem extends Error {
  override readonly name = 'ReplayProblem';
}
