using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using CsCheck;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.Edge.Tests.Pumping;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Concurrency;

/// <summary>
/// Feeds, pump and caches on several threads, while streams grow and get other lives. Each read is judged where it is made:
/// the events of its own incarnation, in order. Each case is also judged by the state that it ends in.
/// </summary>
public sealed class FeedParallelTests
{
    private const int Lives = 3;

    /// <summary>A read of a life gives that life's events, whichever blocks and loads it shares with others.</summary>
    [Fact]
    public void BlockCache_ReadersOfTwoLives_EachGetsItsOwn() =>
        Gen.Const(0).Select(static _ => new Blocks()).SampleParallel(
            Gen.Select(Gen.Int[1, Lives], Gen.Int[0, 99], Gen.Int[1, 40]).Operation<Blocks>(
                static read => $"read life {read.Item1} from {read.Item2}", static (blocks, read) => blocks.Read(read.Item1, read.Item2, read.Item3)),
            Gen.Int[1, Lives].Operation<Blocks>(static life => $"owner has life {life}", static (blocks, life) => blocks.Life = life),
            equal: static (_, _) => true,
            iter: ParallelRuns.Iterations, maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    /// <summary>Chunks are encoded once and are the same for all readers, also when the cache is full.</summary>
    [Fact]
    public void FrameCache_ReadersOfTheSameEvents_GetTheSameFrames() =>
        Gen.Const(0).Select(static _ => new Frames()).SampleParallel(
            Gen.Select(Gen.Int[1, Lives], Gen.Int[0, 19]).Operation<Frames>(
                static get => $"get {get}", static (frames, get) => frames.Get(get.Item1, get.Item2)),
            equal: static (one, other) => one.Bytes <= Frames.MaxBytes && other.Bytes <= Frames.MaxBytes,
            iter: ParallelRuns.Iterations, maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    /// <summary>Readers come and go while the stream grows, is deleted and created again: no feed is left, and none mixes lives.</summary>
    [Fact]
    public void Feed_ReadersComeAndGoWhileTheStreamGetsAnotherLife_NoLivesAreMixed() =>
        Gen.Const(0).Select(static _ => new Followed()).SampleParallel(
            Gen.Operation<Followed>("append", static followed => followed.Append()),
            Gen.Operation<Followed>("another life", static followed => followed.BeginAnew()),
            Gen.Int[0, 5].Operation<Followed>(static from => $"read from {from}", static (followed, from) => followed.Read(from)),
            equal: static (one, other) => one.End() && other.End(),
            iter: ParallelRuns.Iterations, maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    /// <summary>Responses are handed to the pump, taken off and cancelled meanwhile: each delivers its own life in order to the end.</summary>
    [Fact]
    public void Pump_ConnectionsComeAndGoWhileTheStreamGetsAnotherLife_EachDeliversItsOwn() =>
        Gen.Const(0).Select(static _ => new Pumped()).SampleParallel(
            Gen.Operation<Pumped>("append", static pumped => pumped.Append()),
            Gen.Operation<Pumped>("another life", static pumped => pumped.BeginAnew()),
            Gen.Bool.Operation<Pumped>(static durable => $"connect {durable}", static (pumped, durable) => pumped.Connect(durable)),
            Gen.Operation<Pumped>("disconnect", static pumped => pumped.Disconnect()),
            equal: static (one, other) => one.End() && other.End(),
            iter: Math.Max(1, ParallelRuns.Iterations / 3), maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    private static string TextOf(long life, long index) => $"<{life}:{index}>";

    /// <summary>A cache over an owner that has one life of the stream at a time, each of 100 events.</summary>
    private sealed class Blocks : IStreamHandle
    {
        private const int Events = 100;
        private readonly BlockCache _cache = new(2_000);
        private int _life = 1;

        public int Life
        {
            get => Volatile.Read(ref _life);
            set => Volatile.Write(ref _life, value);
        }

        public StreamName Name { get; } = TestData.Name("s");

        public void Read(int life, int from, int events)
        {
            var outcome = _cache.ReadAsync(
                this, DescriptorOf(life), new StreamOffset(life, from), int.MaxValue, events, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            if (outcome is not ReadOutcome.Batch batch)
            {
                // Without a share there is always memory.
                Assert.Null(outcome);
                return;
            }

            var sequence = (long)from;
            foreach (var slice in batch.Slices)
            {
                for (var i = slice.Start; i < slice.End; i++, sequence++)
                {
                    Assert.Equal(TextOf(life, sequence), Encoding.UTF8.GetString(slice.Block.GetPayload(i).Span));
                }
            }

            Assert.Equal(new StreamOffset(life, sequence), batch.Next);
            Assert.InRange(_cache.Bytes, 0, 2_000);
        }

        public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            var life = Life;
            if (request.From.Incarnation != life)
            {
                return new ReadOutcome.Gap(
                    new StreamGap(request.From, new(life, 0), new(life, Events), GapReason.Recreated), DescriptorOf(life));
            }

            var first = request.From.Sequence;
            var block = TestData.Block(life, first, [.. Enumerable.Range((int)first, (int)Math.Min(10, Events - first)).Select(i => TextOf(life, i))]);
            return new ReadOutcome.Batch(
                request.From, new(life, first + block.Count), [new BlockSlice(block, 0, block.Count)], DescriptorOf(life));
        }

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        private StreamDescriptor DescriptorOf(long life) => new()
        {
            Name = Name,
            ContentType = StreamContentType.Parse("text/plain"),
            Earliest = new(life, 0),
            Tail = new(life, Events),
            Incarnations = new(new IncarnationStart(life, 0)),
            Closed = false,
        };
    }

    /// <summary>A cache that has room for few chunks.</summary>
    private sealed class Frames
    {
        public const int MaxBytes = 1_000;
        private readonly FrameCache _cache = new(MaxBytes);

        public long Bytes => _cache.Bytes;

        public void Get(int life, int index)
        {
            var block = TestData.Block(life, 0, [.. Enumerable.Range(0, 20).Select(i => TextOf(life, i))]);
            var chunk = _cache.Get(block, index, SseFraming.EventSourceText);
            Assert.InRange(index, chunk.Start, chunk.End - 1);
            var text = Encoding.UTF8.GetString(chunk.Frames(index, index + 1));
            Assert.Contains(TextOf(life, index), text, StringComparison.Ordinal);
            Assert.Contains($"{new StreamOffset(life, index + 1)}", text, StringComparison.Ordinal);
        }
    }

    /// <summary>A stream with feeds on it.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The library makes cases and knows no end of them; each ends itself.")]
    private sealed class Followed
    {
        private readonly Ending _ending = new();
        private readonly FeedFixture _fixture = new();
        private readonly ConcurrentDictionary<StreamOffset, string> _events = new();
        private readonly Lock _writing = new();
        private StreamDescriptor? _life;
        private long _count;

        public Followed() => BeginAnew();

        private IStreamHandle Stream => _fixture.GetStream(TestData.Name("s"));

        public void Append()
        {
            lock (_writing)
            {
                var offset = _life!.Incarnations.OffsetAfter(_count + 1);
                _events[offset] = TextOf(offset.Incarnation, _count);
                Assert.Equal(offset, Done(FeedFixture.AppendAsync(Stream, _events[offset])));
                _count++;
            }
        }

        public void BeginAnew()
        {
            lock (_writing)
            {
                Done(Stream.DeleteAsync(CancellationToken.None).AsTask());
                Done(_fixture.CreateAsync("s"));
                _life = ((DescribeOutcome.Found)Done(Stream.DescribeAsync(CancellationToken.None).AsTask())).Descriptor;
                _count = 0;
            }
        }

        public void Read(int from)
        {
            StreamDescriptor life;
            lock (_writing)
            {
                life = _life!;
            }

            using var reader = _fixture.Feeds.Open(Stream);
            var start = new ReadStart(StartKind.Position, life.Incarnations.OffsetAfter(from));
            var outcome = Drive(reader.OpenAsync(start, 1_000, 3, CancellationToken.None).AsTask());
            for (var round = 0; round < 5; round++)
            {
                switch (outcome)
                {
                    case ReadOutcome.Batch batch:
                        Check(reader.Position, batch);
                        reader.Position = batch.Slices.Count > 0 ? batch.Next : reader.Position;
                        break;
                    case ReadOutcome.Gap gap:
                        reader.Position = gap.Info.Earliest;
                        break;
                    default:
                        return;
                }

                outcome = Drive(reader.ReadAsync(1_000, 3, TimeSpan.Zero, CancellationToken.None).AsTask());
            }
        }

        /// <summary>No feed is left.</summary>
        public bool End() => _ending.End(() =>
        {
            Assert.Equal(0, _fixture.Feeds.Count);
            Done(_fixture.DisposeAsync().AsTask());
        });

        public override string ToString() => _ending.ToString();

        /// <summary>Lets time pass for a reader that waits before it asks again.</summary>
        private ReadOutcome Drive(Task<ReadOutcome> reading)
        {
            while (!reading.Wait(TimeSpan.FromMilliseconds(20)))
            {
                _fixture.Clock.Advance(TimeSpan.FromMilliseconds(50));
            }

            return reading.GetAwaiter().GetResult();
        }

        private void Check(StreamOffset from, ReadOutcome.Batch batch)
        {
            var sequence = from.Sequence;
            foreach (var slice in batch.Slices)
            {
                Assert.Equal(sequence, slice.FirstSequence);
                for (var i = slice.Start; i < slice.End; i++)
                {
                    var offset = new StreamOffset(slice.Block.Incarnation, ++sequence);
                    Assert.Equal(from.Incarnation, offset.Incarnation);
                    Assert.Equal(_events[offset], Encoding.UTF8.GetString(slice.Block.GetPayload(i).Span));
                }
            }
        }
    }

    /// <summary>A stream with live responses on a pump.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The library makes cases and knows no end of them; each ends itself.")]
    private sealed class Pumped
    {
        private readonly Ending _ending = new();
        private readonly LiveFixture _fixture = new();
        private readonly Lock _writing = new();
        private readonly ConcurrentQueue<Connection> _connections = new();
        private long _life;
        private long _count;

        public Pumped() => BeginAnew();

        private IStreamHandle Stream => _fixture.Base.GetStream(TestData.Name("s"));

        public void Append()
        {
            lock (_writing)
            {
                Done(FeedFixture.AppendAsync(Stream, TextOf(_life, _count++)));
            }
        }

        public void BeginAnew()
        {
            lock (_writing)
            {
                Done(Stream.DeleteAsync(CancellationToken.None).AsTask());
                Done(_fixture.Base.CreateAsync("s"));
                (_life, _count) = (_life + 1, 0);
            }
        }

        public void Connect(bool durable)
        {
            lock (_writing)
            {
                var (body, leave) = (new PipeBody(64 * 1024), new CancellationTokenSource());
                var response = _fixture.Start(body, "s", durable ? "live=sse&offset=-1" : "live=eventsource", leave);
                _connections.Enqueue(new Connection(body, leave, response, _life));
            }
        }

        public void Disconnect()
        {
            if (_connections.TryDequeue(out var connection))
            {
                connection.Leave.Cancel();
            }
        }

        /// <summary>Who is left sees its lives in order, up to the last event of the present one unless its response ended.</summary>
        public bool End() => _ending.End(() =>
        {
            Append();
            var last = TextOf(_life, _count - 1);
            foreach (var connection in _connections)
            {
                CheckOrder(Done(ReadAsync(connection, last)), connection.Life);
                connection.Leave.Cancel();
            }

            Done(_fixture.DisposeAsync().AsTask());
        });

        public override string ToString() => _ending.ToString();

        private static async Task<string> ReadAsync(Connection connection, string last)
        {
            var text = new StringBuilder();
            using var over = new CancellationTokenSource();
            _ = connection.Response.ContinueWith(_ => over.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            try
            {
                while (!text.ToString().Contains(last, StringComparison.Ordinal))
                {
                    var read = await connection.Body.Reader.ReadAsync(over.Token);
                    foreach (var piece in read.Buffer)
                    {
                        text.Append(Encoding.UTF8.GetString(piece.Span));
                    }

                    connection.Body.Reader.AdvanceTo(read.Buffer.End);
                }
            }
            catch (OperationCanceledException)
            {
                // A gap ends it, or the stream was just not there when it began.
            }

            return text.ToString();
        }

        private static void CheckOrder(string text, long firstLife)
        {
            var (life, next) = (firstLife, 0L);
            foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(text, "<([0-9]+):([0-9]+)>"))
            {
                var (seenLife, index) = (long.Parse(match.Groups[1].Value), long.Parse(match.Groups[2].Value));
                Assert.True(seenLife >= life, $"An event of life {seenLife} after life {life}: {text}");
                (life, next) = seenLife == life ? (life, next) : (seenLife, 0);
                Assert.True(index == next, $"Event {index} of life {life} instead of {next}: {text}");
                next++;
            }
        }

        private sealed record Connection(PipeBody Body, CancellationTokenSource Leave, Task Response, long Life);
    }

    /// <summary>A case ends once, however often it is judged; why it was wrong stands in the message.</summary>
    private sealed class Ending
    {
        private string? _fault;

        public bool End(Action end)
        {
            lock (this)
            {
                try
                {
                    if (_fault is null)
                    {
                        _fault = "";
                        end();
                    }
                }
                catch (Exception e)
                {
                    _fault = e.ToString();
                }

                return _fault.Length == 0;
            }
        }

        public override string ToString() => _fault ?? "not ended";
    }

    private static T Done<T>(Task<T> task) => Phase.OfAsync("an operation", task).GetAwaiter().GetResult();

    private static void Done(Task task) => Phase.OfAsync("an operation", task).GetAwaiter().GetResult();
}
