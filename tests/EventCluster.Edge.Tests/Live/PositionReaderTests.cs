using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Live;

/// <summary>What a wait at the tail claims at its end (CORRECTNESS rule 27).</summary>
public sealed class PositionReaderTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);
    private static readonly StreamOffset Tail = new(1, 5);

    private readonly VirtualTimeProvider _time = new();

    /// <summary>
    /// Goal: an empty answer at the end of a wait was asked for so that its owner confirmed it then, or later. Method: answers that are
    /// long on their way, each of them to a question whose own wait ended sooner. The owner's part of each answer, then its way, in seconds.
    /// </summary>
    [Theory]
    [InlineData("the first, which only asks for the TTL", null, "0+2.5 0+0", 2)]
    [InlineData("the first, a little", null, "0+0.4 1.6+0.1", 2)]
    [InlineData("a third of the TTL", 3L, "0+0 1+1.4 0+0", 3)]
    [InlineData("a trim", null, "0+0 trim0.2+2.3 0+0", 3)]
    [InlineData("a trim in time", null, "0+0 trim0.2+0 1.8+0.1", 3)]
    [InlineData("nothing", null, "0+0 2+0.1", 2)]
    public async Task EmptyAnswer_LongOnItsWay_IsNotTheLastUnlessTheWholeWaitWasAsked(string late, long? ttl, string answers, int asked)
    {
        var owner = new Owner(_time, ttl, answers.Split(' '));
        var begun = _time.GetTimestamp();

        var outcome = await new PositionReader(owner, _time) { Position = Tail }.ReadAsync(1, 1, Wait, CancellationToken.None);

        Assert.True(Assert.IsType<ReadOutcome.Batch>(outcome).Slices.Count == 0, late);
        Assert.Equal(asked, owner.Asked);
        Assert.True(_time.GetElapsedTime(begun, owner.ConfirmedAt) >= Wait - PositionReader.ClockGrain, late);
    }

    /// <summary>An owner whose answers are scripted: how long it waits, and how long the answer is on its way.</summary>
    private sealed class Owner(VirtualTimeProvider time, long? ttl, string[] answers) : IStreamHandle
    {
        private long _earliest;

        public int Asked { get; private set; }

        /// <summary>When the owner confirmed its last answer.</summary>
        public long ConfirmedAt { get; private set; }

        public StreamName Name => TestData.Name("s");

        public ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            var answer = answers[Asked++];
            var isTrimmed = answer.StartsWith("trim", StringComparison.Ordinal);
            _earliest += isTrimmed ? 1 : 0;
            var parts = (isTrimmed ? answer[4..] : answer).Split('+');
            var waits = TimeSpan.FromSeconds(double.Parse(parts[0], null));
            Assert.True(isTrimmed || Math.Abs((waits - request.WaitUpTo).TotalMilliseconds) < 2, $"asked for {request.WaitUpTo}, not {waits}");
            time.Advance(waits);
            ConfirmedAt = time.GetTimestamp();
            time.Advance(TimeSpan.FromSeconds(double.Parse(parts[1], null)));
            return ValueTask.FromResult<ReadOutcome>(new ReadOutcome.Batch(Tail, Tail, [], Descriptor()));
        }

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        private StreamDescriptor Descriptor() => new()
        {
            Name = Name,
            ContentType = StreamContentType.Default,
            Earliest = Tail with { Sequence = _earliest },
            Tail = Tail,
            Incarnations = new IncarnationList(new IncarnationStart(Tail.Incarnation, 0)),
            Closed = false,
            TtlSeconds = ttl,
        };
    }
}
