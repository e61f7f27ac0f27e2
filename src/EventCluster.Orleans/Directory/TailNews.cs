using System.Collections.Concurrent;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Rule 21: every reply that comes through this process names a tail, or an end. A read that waits below it and does not
/// end soon waits at an owner that is not the owner any more: it is asked again.
/// </summary>
internal sealed class TailNews(TimeProvider time)
{
    /// <summary>In good order the read ends about when the append does.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private static readonly StreamOffset _beyondAll = new(StreamOffset.MaxIncarnation, StreamOffset.MaxSequence);

    private readonly ConcurrentDictionary<StreamName, HashSet<Waiter>> _waiters = new();

    /// <summary>Watches a read that waits from a position; dispose when it ends.</summary>
    public Waiter Watch(StreamName stream, StreamOffset from)
    {
        while (true)
        {
            var waiters = _waiters.GetOrAdd(stream, static _ => []);
            lock (waiters)
            {
                // An emptied set is on its way out of the table.
                if (_waiters.TryGetValue(stream, out var current) && ReferenceEquals(current, waiters))
                {
                    var waiter = new Waiter(this, stream, from);
                    waiters.Add(waiter);
                    return waiter;
                }
            }
        }
    }

    /// <summary>What a reply of an owner says of the stream; nothing for replies that name no tail.</summary>
    public void Note(StreamName stream, ReadOutcome outcome)
    {
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                Note(stream, batch.Descriptor.Tail);
                break;
            case ReadOutcome.Gap gap:
                Note(stream, gap.Descriptor.Tail);
                break;
            case ReadOutcome.NotFound or ReadOutcome.Gone:
                NoteEnd(stream);
                break;
        }
    }

    /// <inheritdoc cref="Note(StreamName, ReadOutcome)"/>
    public void Note(StreamName stream, DescribeOutcome outcome)
    {
        switch (outcome)
        {
            case DescribeOutcome.Found found:
                Note(stream, found.Descriptor.Tail);
                break;
            case DescribeOutcome.NotFound or DescribeOutcome.Gone:
                NoteEnd(stream);
                break;
        }
    }

    /// <inheritdoc cref="Note(StreamName, ReadOutcome)"/>
    public void Note(StreamName stream, CreateOutcome outcome)
    {
        switch (outcome)
        {
            case CreateOutcome.Created created:
                Note(stream, created.Descriptor.Tail);
                break;
            case CreateOutcome.Exists exists:
                Note(stream, exists.Descriptor.Tail);
                break;
        }
    }

    /// <inheritdoc cref="Note(StreamName, ReadOutcome)"/>
    public void Note(StreamName stream, ConfigureOutcome outcome)
    {
        switch (outcome)
        {
            case ConfigureOutcome.Configured configured:
                Note(stream, configured.Descriptor.Tail);
                break;
            case ConfigureOutcome.NotFound or ConfigureOutcome.Gone:
                NoteEnd(stream);
                break;
        }
    }

    /// <inheritdoc cref="Note(StreamName, ReadOutcome)"/>
    public void Note(StreamName stream, TrimOutcome outcome)
    {
        switch (outcome)
        {
            case TrimOutcome.Trimmed trimmed:
                Note(stream, trimmed.Descriptor.Tail);
                break;
            case TrimOutcome.InvalidPosition invalid:
                Note(stream, invalid.Tail);
                break;
            case TrimOutcome.NotFound or TrimOutcome.Gone:
                NoteEnd(stream);
                break;
        }
    }

    /// <inheritdoc cref="Note(StreamName, ReadOutcome)"/>
    public void Note(StreamName stream, AppendOutcome outcome)
    {
        switch (outcome)
        {
            case AppendOutcome.Appended appended when appended.Closed:
                NoteEnd(stream);
                break;
            case AppendOutcome.Appended appended:
                Note(stream, appended.Next);
                break;
            case AppendOutcome.Duplicate duplicate:
                Note(stream, duplicate.Tail);
                break;
            case AppendOutcome.TailMismatch mismatch:
                Note(stream, mismatch.Tail);
                break;
            case AppendOutcome.AlreadyClosed or AppendOutcome.RefusedClosed or AppendOutcome.NotFound or AppendOutcome.Gone:
                NoteEnd(stream);
                break;
        }
    }

    /// <summary>The stream is deleted or closed: no read waits at its tail any more.</summary>
    public void NoteEnd(StreamName stream) => Note(stream, _beyondAll);

    /// <summary>The stream's tail is known to be here at least.</summary>
    public void Note(StreamName stream, StreamOffset tail)
    {
        if (!_waiters.TryGetValue(stream, out var waiters))
        {
            return;
        }

        lock (waiters)
        {
            foreach (var waiter in waiters)
            {
                if (waiter.From < tail)
                {
                    waiter.EndSoon(time);
                }
            }
        }
    }

    private void Forget(Waiter waiter)
    {
        if (_waiters.TryGetValue(waiter.Stream, out var waiters))
        {
            lock (waiters)
            {
                if (waiters.Remove(waiter) && waiters.Count == 0)
                {
                    _waiters.TryRemove(waiter.Stream, out _);
                }
            }
        }
    }

    /// <summary>One waiting read.</summary>
    public sealed class Waiter(TailNews news, StreamName stream, StreamOffset from) : IDisposable
    {
        private readonly CancellationTokenSource _overdue = new();
        private ITimer? _timer;

        /// <summary>The stream.</summary>
        public StreamName Stream => stream;

        /// <summary>Where the read waits.</summary>
        public StreamOffset From => from;

        /// <summary>Fires when the read should have ended and did not.</summary>
        public CancellationToken Overdue => _overdue.Token;

        /// <summary>Gives the read its grace, once.</summary>
        public void EndSoon(TimeProvider time) => _timer ??= time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), _overdue, Grace, Timeout.InfiniteTimeSpan);

        /// <inheritdoc />
        public void Dispose()
        {
            news.Forget(this);
            _timer?.Dispose();

            // Not disposed: a timer that fires in this moment would cancel a disposed source.
        }
    }
}
