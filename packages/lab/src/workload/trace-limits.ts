/** How much of a trace is believed. Each limit refuses the file with its name in the message. */
export const TRACE_LIMITS = {
  /** Tokens of one prompt or one answer. */
  tokensMax: 10_000_000,
  /** Requests held in memory, after cutting and sampling. */
  requestsMax: 10_000_000,
  /** From the start of a trace: ten years. */
  traceMsMax: 315_576_000_000,
  /** On disk: 4 GiB. */
  fileBytesMax: 4_294_967_296,
  /** After unpacking, 16 GiB; a small file can unpack to more than any disk holds. */
  unpackedBytesMax: 17_179_869_184,
  lineCharsMax: 1_048_576,
  /** A file inside an archive or a folder, which is held in memory: 64 MiB. All of them: 1 GiB. */
  memberBytesMax: 67_108_864,
  membersBytesMax: 1_073_741_824,
  membersMax: 20_000,
} as const;
