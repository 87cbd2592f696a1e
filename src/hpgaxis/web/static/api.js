// Requests to the server that the page came from.

export class Problem extends Error {
  constructor(status, data) {
    super(data.message || `the server answered ${status}`);
    this.status = status;
    this.begin = data.begin;
    this.end = data.end;
  }
}

async function send(path, body, signal) {
  const sent = body === undefined ? { signal }
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
  const answer = await fetch(`/api/${path}`, sent);
  if (!answer.ok) {
    let data = {};
    try { data = await answer.json(); } catch { /* no JSON: the status alone is said */ }
    throw new Problem(answer.status, data);
  }
  return answer;
}

export const get = async (path) => (await send(path)).json();
export const post = async (path, body, signal) => (await send(path, body, signal)).json();
export const file = async (path, body) => (await send(path, body)).blob();

// Server-sent events of longer work: progress(done, total), then the result.
export async function stream(path, body, progress, signal) {
  const reader = (await send(path, body, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Problem(0, { message: "the server ended the work without a result" });
    waiting += value;
    const parts = waiting.split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const [, kind, data] = /^event: (\w+)\ndata: ([^]*)$/.exec(part);
      const read = JSON.parse(data);
      if (kind === "progress") progress(read.done, read.total);
      else if (kind === "error") throw new Problem(422, read);
      else return read;
    }
  }
}
