/** What the broker uses of `rhea` beside its published types: the remote attach, credit, outcomes, and the codec. */
import rhea, { type Delivery, type Message, type Receiver, type Sender } from 'rhea';

/** The other side's attach frame, as far as it is read. */
export interface RemoteAttach {
  readonly source?: { readonly address?: string; readonly filter?: Readonly<Record<string, unknown>> };
  readonly target?: { readonly address?: string };
  readonly snd_settle_mode?: number;
}

/** @returns the other side's attach frame */
export function remoteAttach(link: Sender | Receiver): RemoteAttach {
  return (link as unknown as { remote: { attach?: RemoteAttach } }).remote.attach ?? {};
}

/** @returns how many messages the receiver of this link takes now */
export function creditOf(sender: Sender): number {
  return (sender as unknown as { credit: number }).credit;
}

/** Tells the receiver that nothing more comes for its credit. */
export function setDrained(sender: Sender): void {
  (sender as unknown as { set_drained(drained: boolean): void }).set_drained(true);
}

/** States the largest message in the answering attach; without it the SDK's batches take nothing. */
export function setMaxMessageSize(receiver: Receiver, bytes: number): void {
  (receiver as unknown as { local: { attach: { max_message_size: number } } }).local.attach.max_message_size = bytes;
}

/** @returns the format of a delivery */
export function formatOf(delivery: Delivery): number | undefined {
  return (delivery as unknown as { format?: number }).format;
}

interface Outcomes {
  accepted(): { described(): unknown };
  rejected(fields: object): { described(): unknown };
  encode(message: Message): Buffer;
  decode(bytes: Buffer): Message;
}
const codec = rhea.message as unknown as Outcomes;

/** Answers a settlement with success: the same for every outcome. */
export function settleAccepted(delivery: Delivery): void {
  (delivery as unknown as { update(settled: boolean, state: unknown): void }).update(
    true,
    codec.accepted().described(),
  );
}

/** Answers a settlement with an error. */
export function settleRejected(delivery: Delivery, condition: string, description: string): void {
  const update = delivery as unknown as { update(settled: boolean, state: unknown): void };
  update.update(true, codec.rejected({ error: { condition, description } }).described());
}

/** @returns the bytes of a message */
export function encode(message: Message): Buffer {
  return codec.encode(message);
}

/** @returns the message of bytes */
export function decode(bytes: Buffer): Message {
  return codec.decode(bytes);
}
