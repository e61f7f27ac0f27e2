using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using TestData = EventCluster.TestKit.TestData;

namespace EventCluster.Core.Tests.Decisions;

/// <summary>
/// Goal: decisions agree with a naive model of a stream whatever is committed or lost between them.
/// Method: random commands against a log and the model; a lost commit throws both back to what is stored.
/// </summary>
public sealed class StreamLogModelTests
{
    private const int Producers = 3;

    [Fact]
    public void Decisions_OfRandomCommands_AgreeWithTheModel() => Prop.ForAll<int>(seed => RunAsync(new Random(seed)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static async Task RunAsync(Random random)
    {
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        var name = TestData.Name("s");
        var (log, stored) = (await OpenAsync(store, name), Model.Missing);
        var model = stored;
        for (var step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case 0 when !model.Exists:
                    log.Create(new CreateRequest(), null, step + 1, TestData.BaseTime);
                    model = Model.New;
                    break;
                case < 6:
                    model = Append(log, model, random, step);
                    break;
                case 6 when model.Exists && random.Next(4) == 0:
                    await CommitAsync(store, log, step);
                    Assert.IsType<DeleteOutcome.Deleted>(log.Delete());
                    model = Model.Missing;
                    await CommitAsync(store, log, step);
                    stored = model;
                    break;
                case 7:
                    (log, model) = (await OpenAsync(store, name), stored);
                    break;
                default:
                    await CommitAsync(store, log, step);
                    stored = model;
                    break;
            }

            Assert.Equal(model.Exists, log.IsLive);
            Assert.Equal(model.Texts.Count, log.Head.Tail);
            Assert.Equal(model.Texts.Sum(text => text.Length), log.Head.RetainedBytes);
        }

        var head = await store.GetHeadAsync(name, CancellationToken.None);
        Assert.Equal(stored.Exists ? stored.Texts.Count : null, head?.Head.Tail);
        Assert.Equal(stored.Texts, await TextsAsync(store, name, head));
    }

    private static Model Append(StreamLog log, Model model, Random random, int step)
    {
        var events = Enumerable.Range(0, random.Next(1, 4)).Select(i => $"{step}.{i}").ToArray();
        var producer = random.Next(Producers);
        var stamp = random.Next(2) == 0
            ? null
            : new ProducerStamp($"p{producer}", 0, Math.Max(0, model.Sequences[producer] + random.Next(-1, 3)));
        var closes = random.Next(20) == 0;
        var outcome = log.Append(
            new AppendRequest { Events = TestData.Payloads(events), Producer = stamp, Close = closes }, TestData.BaseTime + step);
        var expected = model.Expect(producer, stamp, closes);

        Assert.Equal(expected, outcome.GetType());
        return expected == typeof(AppendOutcome.Appended) ? model.With(events, producer, stamp, closes) : model;
    }

    private static async Task<StreamLog> OpenAsync(InMemoryLogStore store, StreamName name) =>
        new(name, await store.OpenAsync(name, CancellationToken.None), TestLogs.Limits);

    private static async Task CommitAsync(InMemoryLogStore store, StreamLog log, int step)
    {
        if (log.TakeCommit((UInt128)step, TestData.BaseTime + step) is { } commit)
        {
            Assert.Equal(CommitStatus.Committed, await store.CommitAsync(commit, CancellationToken.None));
            log.Committed();
        }
    }

    private static async Task<List<string>> TextsAsync(InMemoryLogStore store, StreamName name, StoredHead? head)
    {
        List<string> texts = [];
        if (head is { Head.Tail: > 0 })
        {
            var range = new BlockRange(name, head.Incarnations.Latest.Incarnation, 0, head.Head.Tail);
            foreach (var block in await store.ReadAsync(range, int.MaxValue, CancellationToken.None))
            {
                texts.AddRange(TestKit.TestData.Texts(block));
            }
        }

        return texts;
    }

    private sealed record Model(bool Exists, bool Closed, ProducerStamp? ClosedBy, IReadOnlyList<string> Texts, long[] Sequences)
    {
        public static readonly Model Missing = new(false, false, null, [], [-1, -1, -1]);

        public static readonly Model New = Missing with { Exists = true };

        public Type Expect(int producer, ProducerStamp? stamp, bool closes) =>
            !Exists ? typeof(AppendOutcome.NotFound)
            : Closed ? stamp is not null && stamp == ClosedBy ? typeof(AppendOutcome.Duplicate) : typeof(AppendOutcome.RefusedClosed)
            : stamp is null || stamp.Sequence == Sequences[producer] + 1 ? typeof(AppendOutcome.Appended)
            : stamp.Sequence <= Sequences[producer] ? typeof(AppendOutcome.Duplicate)
            : typeof(AppendOutcome.SequenceGap);

        public Model With(string[] events, int producer, ProducerStamp? stamp, bool closes)
        {
            var sequences = Sequences.ToArray();
            if (stamp is not null)
            {
                sequences[producer] = stamp.Sequence;
            }

            return this with
            {
                Texts = [.. Texts, .. events],
                Sequences = sequences,
                Closed = closes,
                ClosedBy = closes ? stamp : null,
            };
        }
    }
}
