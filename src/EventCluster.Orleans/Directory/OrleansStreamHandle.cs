using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>One stream of a cluster, by name.</summary>
/// <param name="reach">What all streams of the edge or client share.</param>
/// <param name="name">The name.</param>
/// <param name="grain">The stream's address.</param>
/// <param name="answerTime">The time of the answer that all calls are for; null when each is for one of its own.</param>
internal sealed class OrleansStreamHandle(OwnerReach reach, StreamName name, IStreamGrain grain, AnswerTime? answerTime = null) : IStreamHandle
{
    /// <inheritdoc />
    public StreamName Name => name;

    /// <inheritdoc />
    public IStreamHandle Within(AnswerTime answer) => new OrleansStreamHandle(reach, name, grain, answer);

    /// <inheritdoc />
    public async ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (reach.ChecksRequests && Check(request) is { } refusal)
        {
            return new CreateOutcome.Invalid(refusal);
        }

        CheckedBytes(request.Events);
        request = request with { RequestId = request.RequestId ?? reach.Identity.NextRequestId() };
        var (outcome, _) = await CallAsync(
            async (retry, _) => (await grain.CreateAsync(new Wire<CreateRequest>(request with { IsRepeat = retry.IsUnsure }))).Value,
            static outcome => (outcome as CreateOutcome.Unavailable)?.Reason,
            static (reason, detail) => new CreateOutcome.Unavailable(reason, detail),
            cancellationToken);
        reach.Tails.Note(name, outcome);
        Note(outcome is CreateOutcome.Created created ? created.Descriptor : (outcome as CreateOutcome.Exists)?.Descriptor);
        return outcome is CreateOutcome.Unavailable { Reason: UnavailableReason.Unconfirmed } now
            ? new CreateOutcome.Unavailable(UnavailableReason.OutcomeUnknown, now.Detail)
            : outcome;
    }

    /// <inheritdoc />
    public async ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (reach.ChecksRequests && Check(request) is { } refusal)
        {
            return new AppendOutcome.Invalid(refusal);
        }

        if (request.Events.Count == 0 && !request.Close)
        {
            throw new ArgumentException("An append carries events, or closes, or both.", nameof(request));
        }

        // Not cancelled from here on: the outcome comes when the owner has answered, and the buffers are free then.
        return await reach.AppendAsync(name, grain, request, CheckedBytes(request.Events));
    }

    /// <inheritdoc />
    public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.MaxEvents, 1, nameof(request));
        var deadline = reach.Time.GetTimestamp();
        var remaining = request.WaitUpTo;
        var answer = answerTime ?? new AnswerTime(reach.Time, deadline);
        while (true)
        {
            var wait = Min(remaining, reach.Options.LongestWait);
            var outcome = await ReadOnceAsync(request with { WaitUpTo = wait }, answer, cancellationToken);
            var unasked = remaining - wait;
            if (!outcome.WaitEnded || unasked <= TimeSpan.Zero
                || outcome.Outcome is not ReadOutcome.Batch { Slices.Count: 0, AtEnd: false })
            {
                return outcome.Outcome;
            }

            // The access was counted when the request began. When the time is over by now, because the answer was long on its way, the
            // owner is asked once more without a wait: what it claims is claimed for the end of the whole wait.
            remaining = Max(Min(unasked, request.WaitUpTo - reach.Time.GetElapsedTime(deadline)), TimeSpan.Zero);
            request = request with { Touch = false };
        }
    }

    /// <inheritdoc />
    public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
        DescribeAsync(ReadConfirmation.Strict, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<DescribeOutcome> DescribeAsync(ReadConfirmation confirmation, CancellationToken cancellationToken)
    {
        var (outcome, _) = await CallAsync(
            async (_, _) =>
            {
                DescribeContext.Set(confirmation);
                return (await grain.DescribeAsync()).Value;
            },
            static outcome => (outcome as DescribeOutcome.Unavailable)?.Reason,
            static (reason, detail) => new DescribeOutcome.Unavailable(reason, detail),
            cancellationToken);
        Note((outcome as DescribeOutcome.Found)?.Descriptor);

        reach.Tails.Note(name, outcome);

        // As for a read: there is nothing to be unsure of.
        return outcome is DescribeOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }
            ? new DescribeOutcome.Unavailable(UnavailableReason.Moved, OwnerCalls.NotAnsweredDetail)
            : outcome;
    }

    /// <inheritdoc />
    public async ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (reach.ChecksRequests && RequestRules.Check(changes) is { } refusal)
        {
            return new ConfigureOutcome.Invalid(refusal);
        }

        var (outcome, _) = await ChangeAsync(
            async incarnation => (await grain.ConfigureAsync(new Wire<RetentionLimits>(changes), incarnation)).Value,
            static outcome => (outcome as ConfigureOutcome.Unavailable)?.Reason,
            static (reason, detail) => new ConfigureOutcome.Unavailable(reason, detail),
            static isGone => isGone ? new ConfigureOutcome.Gone() : new ConfigureOutcome.NotFound(),
            cancellationToken);
        reach.Tails.Note(name, outcome);
        Note((outcome as ConfigureOutcome.Configured)?.Descriptor);
        return outcome;
    }

    /// <inheritdoc />
    public async ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken)
    {
        var (outcome, _) = await ChangeAsync(
            async incarnation => (await grain.TrimAsync(new Wire<StreamOffset>(before), incarnation)).Value,
            static outcome => (outcome as TrimOutcome.Unavailable)?.Reason,
            static (reason, detail) => new TrimOutcome.Unavailable(reason, detail),
            static isGone => isGone ? new TrimOutcome.Gone() : new TrimOutcome.NotFound(),
            cancellationToken);
        reach.Tails.Note(name, outcome);
        Note((outcome as TrimOutcome.Trimmed)?.Descriptor);
        return outcome;
    }

    /// <inheritdoc />
    public async ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken)
    {
        var (outcome, isUnsure) = await ChangeAsync(
            async incarnation => (await grain.DeleteAsync(incarnation)).Value,
            static outcome => (outcome as DeleteOutcome.Unavailable)?.Reason,
            static (reason, detail) => new DeleteOutcome.Unavailable(reason, detail),
            static isGone => isGone ? new DeleteOutcome.Gone() : new DeleteOutcome.NotFound(),
            cancellationToken);
        if (outcome is not DeleteOutcome.Unavailable)
        {
            reach.Tails.NoteEnd(name);
        }

        // An earlier attempt without an answer is the likely reason that there is nothing left to delete.
        return isUnsure && outcome is (DeleteOutcome.NotFound or DeleteOutcome.Gone) ? new DeleteOutcome.Deleted() : outcome;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private async ValueTask<ReadReply> ReadOnceAsync(ReadRequest request, AnswerTime answer, CancellationToken cancellationToken)
    {
        request = request with { MaxBytes = Math.Min(request.MaxBytes, reach.Options.MaxReadBytes) };
        var (reply, _) = await reach.Calls.CallAsync(
            name.Value,
            async (retry, ending) => Checked(request.From, await AskAsync(request with { WaitUpTo = retry.Wait }, ending)),
            static reply => (reply.Outcome as ReadOutcome.Unavailable)?.Reason,
            static (reason, detail) => new ReadReply(new ReadOutcome.Unavailable(reason, detail), WaitEnded: true),
            request.WaitUpTo,
            answer,
            cancellationToken);

        reach.Tails.Note(name, reply.Outcome);
        Note((reply.Outcome as ReadOutcome.Batch)?.Descriptor);

        // Nothing is unknown about a read that was not answered: it can be asked again.
        return reply.Outcome is ReadOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }
            ? reply with { Outcome = new ReadOutcome.Unavailable(UnavailableReason.Moved, OwnerCalls.NotAnsweredDetail) }
            : reply;
    }

    private async Task<ReadReply> AskAsync(ReadRequest request, CancellationToken ending)
    {
        var asked = new Wire<ReadRequest>(request);
        if (request.WaitUpTo <= TimeSpan.Zero)
        {
            return (await grain.ReadAsync(asked, ending)).Value;
        }

        using var waiter = reach.Tails.Watch(name, request.From);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending, waiter.Overdue);
        return (await grain.ReadAsync(asked, either.Token).WaitAsync(either.Token)).Value;
    }

    /// <summary>A batch that does not start where it was asked to, or has a hole, is thrown away and read again (rule 5).</summary>
    private static ReadReply Checked(StreamOffset from, ReadReply reply)
    {
        if (reply.Outcome is not ReadOutcome.Batch batch)
        {
            return reply;
        }

        var sequence = from.Sequence;
        foreach (var slice in batch.Slices)
        {
            sequence = slice.FirstSequence == sequence && slice.Count > 0 ? sequence + slice.Count : -1;
        }

        return batch.From == from && batch.Next.Sequence == sequence
            ? reply
            : new ReadReply(
                new ReadOutcome.Unavailable(UnavailableReason.Moved, "The owner's answer was not contiguous."), WaitEnded: false);
    }

    /// <summary>
    /// A change of the stream that is there when the first attempt is sent. A repeat after an attempt without an answer must not reach a
    /// successor (CORRECTNESS rule 23), so the stream is described before it, and the repeat carries an incarnation of it.
    /// </summary>
    private async ValueTask<(T Answer, bool IsUnsure)> ChangeAsync<T>(
        Func<long?, Task<T>> call,
        Func<T, UnavailableReason?> reasonOf,
        Func<UnavailableReason, string, T> unavailable,
        Func<bool, T> absent,
        CancellationToken cancellationToken)
        where T : class
    {
        var highest = reach.Incarnations.Highest;
        long? meant = null;
        var (answer, isUnsure) = await CallAsync(AttemptAsync, reasonOf, unavailable, cancellationToken);
        return reasonOf(answer) == UnavailableReason.Unconfirmed
            ? (unavailable(UnavailableReason.OutcomeUnknown, OwnerCalls.SuccessorDetail), isUnsure)
            : (answer, isUnsure);

        async Task<T> AttemptAsync(OwnerCalls.Retry retry, CancellationToken ending)
        {
            if (retry.IsUnsure && meant is null)
            {
                switch ((await grain.DescribeAsync()).Value)
                {
                    case DescribeOutcome.Found found when KnownIncarnations.Meant(found.Descriptor, highest) is { } known:
                        meant = known;
                        break;
                    case DescribeOutcome.Found:
                        return unavailable(UnavailableReason.Unconfirmed, OwnerCalls.SuccessorDetail);
                    case DescribeOutcome.Unavailable now:
                        return unavailable(now.Reason, now.Detail);
                    case var gone:
                        return absent(gone is DescribeOutcome.Gone);
                }

                ending.ThrowIfCancellationRequested();
            }

            return await call(meant);
        }
    }

    private void Note(StreamDescriptor? stream)
    {
        if (stream is not null)
        {
            reach.Incarnations.Note(stream);
        }
    }

    private ValueTask<(T Answer, bool IsUnsure)> CallAsync<T>(
        Func<OwnerCalls.Retry, CancellationToken, Task<T>> call,
        Func<T, UnavailableReason?> reasonOf,
        Func<UnavailableReason, string, T> unavailable,
        CancellationToken cancellationToken) =>
        reach.Calls.CallAsync(name.Value, call, reasonOf, unavailable, TimeSpan.Zero, answerTime, cancellationToken);

    // Payloads of a stream whose content type is not known here are checked by its owner's silo.
    private Refusal? Check(CreateRequest request) => RequestRules.Check(
        request,
        request.ContentType?.Kind ?? (request.Fork is null ? StreamContentType.Default.Kind : PayloadKind.Binary),
        reach.Options.MaxAppendBytes,
        reach.Options.MaxAppendEvents);

    private Refusal? Check(AppendRequest request) => RequestRules.Check(
        request, request.ContentType?.Kind ?? PayloadKind.Binary, reach.Options.MaxAppendBytes, reach.Options.MaxAppendEvents);

    private long CheckedBytes(IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        long bytes = 0;
        for (var i = 0; i < events.Count; i++)
        {
            bytes += events[i].Length;
            if (events[i].Length > ProtocolLimits.MaxEventBytes)
            {
                throw new ArgumentException(
                    $"An event has {events[i].Length} bytes; at most {ProtocolLimits.MaxEventBytes} are allowed.", nameof(events));
            }
        }

        return events.Count <= reach.Options.MaxAppendEvents && bytes <= reach.Options.MaxAppendBytes
            ? bytes
            : throw new ArgumentException(
                $"An append has {events.Count} events of {bytes} bytes; at most {reach.Options.MaxAppendEvents} events of "
                + $"{reach.Options.MaxAppendBytes} bytes are allowed.",
                nameof(events));
    }
}
