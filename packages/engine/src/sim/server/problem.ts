/** A refusal in vLLM's words: the error body of its OpenAI-compatible server. */
export class RequestProblem extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.name = 'RequestProblem';
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

export function badRequest(message: string, param: string | null = null): RequestProblem {
  return new RequestProblem(400, 'BadRequestError', message, param);
}

export function problemBody(problem: RequestProblem): string {
  return JSON.stringify({
    error: { message: problem.message, type: problem.type, param: problem.param, code: problem.status },
  });
}
