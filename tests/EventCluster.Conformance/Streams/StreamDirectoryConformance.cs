using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <summary>
/// What every <see cref="IStreamDirectory"/> must do. An implementation's test project derives from it and says how to
/// open a directory over this test's own store.
/// </summary>
public abstract partial class StreamDirectoryConformance : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly List<StreamDirectoryUnderTest> _opened = [];

    /// <summary>The directory's clock.</summary>
    protected VirtualTimeProvider Clock { get; } = new();

    /// <summary>The test's own end.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Opens a directory over the store of this test, which is empty at first. Called again after the last one stopped,
    /// it opens another directory over the same data, as a restart of the node does.
    /// </summary>
    protected abstract ValueTask<StreamDirectoryUnderTest> OpenDirectoryAsync(StreamDirectorySetup setup);

    /// <inheritdoc />
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var opened in _opened)
        {
            await Phase.OfAsync("directory stops", opened.StopAsync());
        }
    }

    /// <summary>Opens a directory that stops with the test.</summary>
    protected async Task<IStreamDirectory> OpenAsync(Func<StreamDirectorySetup, StreamDirectorySetup>? configure = null)
    {
        var setup = new StreamDirectorySetup(Clock);
        var opened = await OpenDirectoryAsync(configure is null ? setup : configure(setup));
        _opened.Add(opened);
        return opened.Directory;
    }

    /// <summary>Stops the directory and opens another one over the same store.</summary>
    protected async Task<IStreamDirectory> RestartAsync(Func<StreamDirectorySetup, StreamDirectorySetup>? configure = null)
    {
        await StopAsync();
        return await OpenAsync(configure);
    }

    /// <summary>Stops the newest directory.</summary>
    protected async Task StopAsync()
    {
        var opened = _opened[^1];
        _opened.RemoveAt(_opened.Count - 1);
        await Phase.OfAsync("directory stops", opened.StopAsync());
    }

    /// <summary>Waits until this many reads wait at their owners.</summary>
    protected Task AreParkedAsync(int count) => _opened[^1].ParkedReads is { } parked
        ? Phase.UntilAsync("reads are parked", $"{count} reads", parked, seen => seen == count, Cancellation)
        : Task.CompletedTask;

    /// <summary>A handle.</summary>
    protected static IStreamHandle At(IStreamDirectory directory, string name) => directory.GetStream(TestData.Name(name));

    /// <summary>Opens a directory with one new stream, one block per argument, events split by spaces.</summary>
    protected async Task<IStreamHandle> StreamAsync(params string[] blocks)
    {
        var stream = At(await OpenAsync(), "s");
        await stream.NewAsync();
        foreach (var block in blocks)
        {
            await stream.PutAsync(block.Split(' '));
        }

        return stream;
    }

    /// <summary>Checks again and again while the clock goes on, until the condition holds.</summary>
    protected Task EventuallyAsync(string phase, Func<Task<bool>> reached) =>
        Phase.UntilAsync(phase, reached, () => Clock.Advance(Step), Cancellation);

    /// <summary>Moves the clock until a read ends: in small steps, for the store that it asks has a deadline by the same clock.</summary>
    private Task InSmallStepsAsync(string phase, Task read) => Phase.UntilAsync(
        phase, () => Task.FromResult(read.IsCompleted), () => Clock.Advance(TimeSpan.FromMilliseconds(20)), Cancellation);

    /// <summary>The position that lies this many events further on in the same history.</summary>
    protected static StreamOffset Plus(StreamOffset position, long events) =>
        position with { Sequence = position.Sequence + events };

    /// <summary>A request to append texts.</summary>
    protected static AppendRequest Append(params string[] events) => new() { Events = TestData.Payloads(events) };

    /// <summary>A request to append texts as a producer.</summary>
    protected static AppendRequest AppendAs(string producer, long epoch, long sequence, params string[] events) =>
        Append(events) with { Producer = new ProducerStamp(producer, epoch, sequence) };

    /// <summary>A content type.</summary>
    protected static StreamContentType Type(string text) => StreamContentType.Parse(text);
}
