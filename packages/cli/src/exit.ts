export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** What was asked for makes no sense as it stands: the words on the command line, or a file that they name. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** It made sense and did not work. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
