import type { SimEngine } from '@offpeak/engine';
import { expect } from 'vitest';
import type { House } from '../../e2e/harness.ts';
import type { Booked, Wanted } from '../cell.ts';
import type { Heard, Mount, Reply, WireProblem } from '../mounts/mount.ts';
import { send } from '../send.ts';

/** One thing that clients of every mount do with a model on the operator's own engine. */
export interface EngineCheck {
  readonly title: string;
  try(cell: EngineCell): Promise<void>;
}

/** A mount before a simulated engine with one slot, which nobody else uses. */
export class EngineCell {
  readonly house: House;
  readonly mount: Mount;
  readonly engine: SimEngine;
  readonly model: string;
  readonly stream: boolean;
  /** Named reasons for which it is less than it could be. */
  readonly notes: string[] = [];
  readonly booked: Booked[] = [];

  constructor(house: House, mount: Mount, engine: SimEngine, model: string, stream: boolean) {
    this.house = house;
    this.mount = mount;
    this.engine = engine;
    this.model = model;
    this.stream = stream;
  }

  async answer(wanted: Wanted, stream: boolean = this.stream): Promise<{ heard: Heard; reply: Reply }> {
    const reply = await this.#send(wanted, stream);
    if (reply.status !== 200) {
      const { word, message } = this.mount.problem(reply);
      throw new Error(`${reply.status} ${word}: ${message}`);
    }
    return { heard: this.mount.hear(reply, stream), reply };
  }

  async refusal(wanted: Wanted): Promise<{ problem: WireProblem; reply: Reply }> {
    const reply = await this.#send(wanted, this.stream);
    expect(reply.status, reply.bytes.toString('latin1')).not.toBe(200);
    return { problem: this.mount.problem(reply), reply };
  }

  /** What the engine itself says to the same question, asked past the gateway. */
  async aside(text: string, maxTokens: number): Promise<string> {
    const answer = await fetch(`${this.engine.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: this.model,
        messages: [{ role: 'user', content: text }],
        max_completion_tokens: maxTokens,
      }),
    });
    const { choices } = (await answer.json()) as { choices: [{ message: { content: string } }] };
    return choices[0].message.content;
  }

  note(reason: string): void {
    if (!this.notes.includes(reason)) this.notes.push(reason);
  }

  book({ headers }: Reply, row: Booked['row']): void {
    this.booked.push({ id: headers.get('x-request-id') ?? '', row });
  }

  #send(wanted: Wanted, stream: boolean): Promise<Reply> {
    return send(this.house.url, this.mount.request({ ...wanted, model: this.model, stream }), wanted.headers);
  }
}
