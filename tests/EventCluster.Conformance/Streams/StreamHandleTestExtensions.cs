using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <summary>Short spellings of what the suites do with a stream.</summary>
public static class StreamHandleTestExtensions
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Creates a stream that must be new.</summary>
    public static async Task<StreamDescriptor> NewAsync(this IStreamHandle stream, CreateRequest? request = null)
    {
        var outcome = await stream.CreateAsync(request ?? new CreateRequest(), Cancellation);
        return Assert.IsType<CreateOutcome.Created>(outcome).Descriptor;
    }

    /// <summary>Creates a fork that must be new.</summary>
    public static Task<StreamDescriptor> NewForkAsync(
        this IStreamHandle fork, IStreamHandle source, StreamOffset? at = null, bool fromStart = false, long subOffset = 0) =>
        fork.NewAsync(new CreateRequest { Fork = new ForkSpec(source.Name, at, fromStart, subOffset) });

    /// <summary>Appends texts that must be accepted.</summary>
    public static async Task<AppendOutcome.Appended> PutAsync(this IStreamHandle stream, params string[] events) =>
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(new AppendRequest { Events = TestData.Payloads(events) }));

    /// <summary>Appends under the hang guard.</summary>
    public static Task<AppendOutcome> SendAsync(this IStreamHandle stream, AppendRequest request) =>
        Phase.OfAsync($"append to {stream.Name}", stream.AppendAsync(request, Cancellation).AsTask());

    /// <summary>Closes without events.</summary>
    public static Task<AppendOutcome> CloseAsync(this IStreamHandle stream) =>
        stream.SendAsync(new AppendRequest { Close = true });

    /// <summary>The descriptor of a stream that must be there.</summary>
    public static async Task<StreamDescriptor> StateAsync(this IStreamHandle stream) =>
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation)).Descriptor;

    /// <summary>The descriptor as soon as it is as expected: what the owner commits by itself takes a moment on a real medium.</summary>
    public static async Task<StreamDescriptor> StateWhenAsync(
        this IStreamHandle stream, string phase, Func<StreamDescriptor, bool> reached)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var state = await stream.StateAsync();
            if (reached(state))
            {
                return state;
            }

            if (TimeProvider.System.GetElapsedTime(start) > Phase.HangGuard)
            {
                throw new TimeoutException($"Phase '{phase}' of {stream.Name}: seen {state} after {Phase.HangGuard}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>A read that does not wait and does not touch.</summary>
    public static Task<ReadOutcome> PeekAsync(
        this IStreamHandle stream, StreamOffset from, int maxEvents = 10_000, int maxBytes = ProtocolLimits.MaxReadAnswerBytes) =>
        Phase.OfAsync(
            $"read {stream.Name}",
            stream.ReadAsync(new ReadRequest(from, maxBytes, maxEvents, TimeSpan.Zero, Touch: false), Cancellation).AsTask());

    /// <summary>A read that must give a batch.</summary>
    public static async Task<ReadOutcome.Batch> BatchAsync(
        this IStreamHandle stream, StreamOffset from, int maxEvents = 10_000, int maxBytes = ProtocolLimits.MaxReadAnswerBytes) =>
        Assert.IsType<ReadOutcome.Batch>(await stream.PeekAsync(from, maxEvents, maxBytes));

    /// <summary>A read that must give a gap.</summary>
    public static async Task<StreamGap> GapAsync(this IStreamHandle stream, StreamOffset from) =>
        Assert.IsType<ReadOutcome.Gap>(await stream.PeekAsync(from)).Info;

    /// <summary>Starts a read that waits for up to an hour of the test's clock.</summary>
    public static Task<ReadOutcome> WaitAsync(this IStreamHandle stream, StreamOffset from, TimeSpan? upTo = null) =>
        stream.ReadAsync(
            new ReadRequest(from, ProtocolLimits.MaxReadAnswerBytes, 10_000, upTo ?? TimeSpan.FromHours(1), Touch: false),
            Cancellation).AsTask();

    /// <summary>All events from a position (default: the earliest) to the tail, in steps of at most three.</summary>
    public static async Task<string[]> TextsAsync(this IStreamHandle stream, StreamOffset? from = null)
    {
        List<string> texts = [];
        var position = from ?? (await stream.StateAsync()).Earliest;
        ReadOutcome.Batch batch;
        do
        {
            batch = await stream.BatchAsync(position, maxEvents: 3);
            Assert.Equal(position, batch.From);
            texts.AddRange(batch.Texts());
            position = batch.Next;
        }
        while (!batch.UpToDate);

        return [.. texts];
    }

    /// <summary>The texts of a batch, whose slices must be consecutive and end at its next position.</summary>
    public static string[] Texts(this ReadOutcome.Batch batch)
    {
        List<string> texts = [];
        var sequence = batch.From.Sequence;
        foreach (var slice in batch.Slices)
        {
            Assert.Equal(sequence, slice.FirstSequence);
            Assert.True(slice.Count > 0, "A batch holds an empty slice.");
            for (var i = slice.Start; i < slice.End; i++)
            {
                texts.Add(TestData.Text(slice.Block.GetPayload(i)));
            }

            sequence += slice.Count;
        }

        Assert.Equal(sequence, batch.Next.Sequence);
        return [.. texts];
    }
}
