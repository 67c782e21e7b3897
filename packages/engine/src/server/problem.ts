/** A refusal in vLLM's words: the error body of its OpenAI-compatible server. */
export class RequestProblem extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  /** vLLM repeats the status here. */
  readonly code: number | string;

  constructor(
    status: number,
    type: string,
    message: string,
    param: string | null = null,
    code: number | string = status,
  ) {
    super(message);
    this.name = 'RequestProblem';
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }
}

export function badRequest(message: string, param: string | null = null): RequestProblem {
  return new RequestProblem(400, 'BadRequestError', message, param);
}

export function contextExceeded(message: string, code: number | string): RequestProblem {
  return new RequestProblem(400, 'BadRequestError', message, null, code);
}

export function problemBody(problem: RequestProblem): string {
  return JSON.stringify({
    error: { message: problem.message, type: problem.type, param: problem.param, code: problem.code },
  });
}
