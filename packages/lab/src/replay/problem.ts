/** The replay cannot begin as it was asked for. The message is for the person who asked. */
export class ReplayProblem extends Error {
  override readonly name = 'ReplayProblem';
  /** What has to change: what was asked for, or the server. */
  readonly at: 'options' | 'server';

  constructor(at: 'options' | 'server', message: string) {
    super(message);
    this.at = at;
  }
}
