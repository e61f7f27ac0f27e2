namespace EventCluster.Protocol;

/// <summary>
/// The stable code of an error, as <c>code</c> in problem details and error messages. Clients switch on it; a code never
/// changes its meaning. <c>ErrorCodeStabilityTests</c> freezes the list.
/// </summary>
/// <param name="Value">Lower-case words joined by underscores.</param>
public readonly record struct ErrorCode(string Value)
{
    /// <summary>What every problem <c>type</c> starts with.</summary>
    public const string UrnPrefix = "urn:eventcluster:error:";

    /// <summary>400: a header, query or body broke a rule; <c>detail</c> says which.</summary>
    public static readonly ErrorCode BadRequest = new("bad_request");

    /// <summary>400: the stream name broke a rule.</summary>
    public static readonly ErrorCode InvalidName = new("invalid_name");

    /// <summary>400: an offset that is not <c>-1</c>, <c>now</c> or 20 characters.</summary>
    public static readonly ErrorCode InvalidOffset = new("invalid_offset");

    /// <summary>400: the body is not JSON, or not UTF-8, though the stream's type says so.</summary>
    public static readonly ErrorCode InvalidBody = new("invalid_body");

    /// <summary>400: an append without a body.</summary>
    public static readonly ErrorCode EmptyBody = new("empty_body");

    /// <summary>400: producer headers incomplete, out of range, or a new epoch not starting at 0.</summary>
    public static readonly ErrorCode InvalidProducer = new("invalid_producer");

    /// <summary>400: fork offset beyond the tail, or sub-offset past the next boundary.</summary>
    public static readonly ErrorCode InvalidFork = new("invalid_fork");

    /// <summary>400: trim beyond the tail.</summary>
    public static readonly ErrorCode InvalidTrim = new("invalid_trim");

    /// <summary>403: a browser page of an origin that is not allowed.</summary>
    public static readonly ErrorCode OriginNotAllowed = new("origin_not_allowed");

    /// <summary>403: the producer's epoch is older than the stream's.</summary>
    public static readonly ErrorCode StaleEpoch = new("stale_epoch");

    /// <summary>403: an admin endpoint asked for from outside the machine.</summary>
    public static readonly ErrorCode LoopbackOnly = new("loopback_only");

    /// <summary>403: a control request of the server's own command line without its token.</summary>
    public static readonly ErrorCode ControlToken = new("control_token");

    /// <summary>404: no such stream.</summary>
    public static readonly ErrorCode NotFound = new("not_found");

    /// <summary>404: no such path.</summary>
    public static readonly ErrorCode NoSuchPath = new("no_such_path");

    /// <summary>405: the method is not one of the resource's.</summary>
    public static readonly ErrorCode MethodNotAllowed = new("method_not_allowed");

    /// <summary>408: a body came so slowly that its memory was given to others; send it again.</summary>
    public static readonly ErrorCode TooSlow = new("too_slow");

    /// <summary>409: a stream of that name exists with another configuration.</summary>
    public static readonly ErrorCode ConfigurationConflict = new("configuration_conflict");

    /// <summary>409: the stream is closed.</summary>
    public static readonly ErrorCode Closed = new("stream_closed");

    /// <summary>409: the body's content type is not the stream's.</summary>
    public static readonly ErrorCode ContentTypeMismatch = new("content_type_mismatch");

    /// <summary>409: a producer sequence is missing before this one.</summary>
    public static readonly ErrorCode SequenceGap = new("sequence_gap");

    /// <summary>409: <c>Stream-Seq</c> is not above the last one.</summary>
    public static readonly ErrorCode StreamSeqConflict = new("stream_seq_conflict");

    /// <summary>409: the fork's source is deleted but kept for other forks, or a deleted name is still held by forks.</summary>
    public static readonly ErrorCode HeldByForks = new("held_by_forks");

    /// <summary>409: a backup could not be written to the folder that was asked for.</summary>
    public static readonly ErrorCode BackupFailed = new("backup_failed");

    /// <summary>410: the position can no longer be served; the gap is in the body.</summary>
    public static readonly ErrorCode Gap = new("gap");

    /// <summary>410: the stream is deleted, its data kept for forks only.</summary>
    public static readonly ErrorCode Gone = new("gone");

    /// <summary>412: the tail is not <c>Stream-Expected-Offset</c>.</summary>
    public static readonly ErrorCode TailMismatch = new("tail_mismatch");

    /// <summary>413: body, event, or number of events above its limit.</summary>
    public static readonly ErrorCode TooLarge = new("too_large");

    /// <summary>414: the request target is longer than it may be.</summary>
    public static readonly ErrorCode TargetTooLong = new("target_too_long");

    /// <summary>415: a content type that no stream is created with.</summary>
    public static readonly ErrorCode UnsupportedMediaType = new("unsupported_media_type");

    /// <summary>415: a content encoding that is not supported.</summary>
    public static readonly ErrorCode UnsupportedEncoding = new("unsupported_encoding");

    /// <summary>421: the <c>Host</c> is not one of the allowed ones.</summary>
    public static readonly ErrorCode HostNotAllowed = new("host_not_allowed");

    /// <summary>429: the stream remembers as many producers as it may.</summary>
    public static readonly ErrorCode ProducerLimit = new("producer_limit");

    /// <summary>431: request headers above their limit.</summary>
    public static readonly ErrorCode HeadersTooLarge = new("headers_too_large");

    /// <summary>500: a fault of the server; the log has more.</summary>
    public static readonly ErrorCode Internal = new("internal");

    /// <summary>500: stored bytes failed their checksum; what they held cannot be served until it is salvaged or trimmed.</summary>
    public static readonly ErrorCode DataDamaged = new("data_damaged");

    /// <summary>503: a commit was neither confirmed nor refused; a retry without producer fields may duplicate.</summary>
    public static readonly ErrorCode OutcomeUnknown = new("outcome_unknown");

    /// <summary>503: the stream's owner moved; retry.</summary>
    public static readonly ErrorCode Moved = new("moved");

    /// <summary>503: a bound of the server is reached; retry after a moment.</summary>
    public static readonly ErrorCode Overloaded = new("overloaded");

    /// <summary>503: the server is stopping or its store does not accept writes.</summary>
    public static readonly ErrorCode Unavailable = new("unavailable");

    /// <summary>507: the disk is full; reads, deletes and trims go on.</summary>
    public static readonly ErrorCode StorageFull = new("storage_full");

    /// <summary>507: the memory for streams and producers is used up; known streams and producers go on.</summary>
    public static readonly ErrorCode StateFull = new("state_full");

    /// <summary>507: the store holds as many streams as it may.</summary>
    public static readonly ErrorCode StreamLimit = new("stream_limit");

    /// <summary>507: the source has as many forks as a stream may have.</summary>
    public static readonly ErrorCode ForkLimit = new("fork_limit");

    /// <summary>400: the fork chain would be deeper than it may.</summary>
    public static readonly ErrorCode ForkDepth = new("fork_depth");

    /// <summary>The URN of the problem type.</summary>
    public string Urn => UrnPrefix + Value;

    /// <inheritdoc />
    public override string ToString() => Value;
}
