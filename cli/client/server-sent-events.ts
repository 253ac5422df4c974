/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events; comments are passed over.
 *
 * @source WHATWG HTML, server-sent events, "interpreting an event stream"
 */
export async function* readServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let buffered = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    buffered += chunk.replaceAll('\r\n', '\n');
    let end = buffered.indexOf('\n\n');
    while (end >= 0) {
      const event = toEvent(buffered.slice(0, end));
      buffered = buffered.slice(end + 2);
      if (event !== undefined) yield event;
      end = buffered.indexOf('\n\n');
    }
  }
}

function toEvent(block: string): ServerSentEvent | undefined {
  const fields: Record<string, string[]> = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1);
    (fields[line.slice(0, colon)] ??= []).push(value.startsWith(' ') ? value.slice(1) : value);
  }
  const { data } = fields;
  return data === undefined
    ? undefined
    : { id: fields['id']?.at(-1) ?? '', event: fields['event']?.at(-1) ?? 'message', data: data.join('\n') };
}
